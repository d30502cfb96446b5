package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Weights in tiles of 32 outputs, the same for every vector width; outputs and inputs are padded with zeros to
 * multiples of 32.
 * <pre>
 *   bf16   [tiles][inputs / 2][32 outputs][2]   a lane holds two inputs of one output
 *   f32    [tiles][inputs][32 outputs]
 * </pre>
 * In words of four bytes both are {@code [tiles][words of an output][32 outputs]}.
 */
record TiledMatrix(int outputs, int inputs, DType dtype, MemorySegment segment)
    implements PackedMatrix, WeightTiles {
    /** Outputs of a tile. */
    static final int TILE = 32;
    /** Vectors across a tile: two at least. */
    static final int VECTORS = TILE / Lanes.COUNT;

    static TiledMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final long elements = (long)Lanes.padded(outputs) * Lanes.padded(inputs);
        final TiledMatrix matrix =
            new TiledMatrix(outputs, inputs, dtype, arena.allocate(elements * dtype.bytes(), 64));
        final TileWriter writer = new TileWriter(matrix.segment, matrix.stride() * dtype.bytes() / Integer.BYTES);
        final float[] weights = new float[inputs];
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++) {
                if (dtype == DType.F32) {
                    tensor.read(row * inputs, weights, inputs);
                    for (int k = 0; k < inputs; k++) {
                        writer.words()[writer.at() + k] = Float.floatToRawIntBits(weights[k]);
                    }
                } else {
                    tensor.readPairs(row * inputs, weights, writer.words(), writer.at(), inputs);
                }
                writer.advance();
                throttle.onPortion();
            }
        }
        writer.close();
        return matrix;
    }

    private long tileElements() {
        return (long)TILE * Lanes.padded(inputs);
    }

    @Override
    public long offsetBytes(final int vector) {
        return vector / VECTORS * tileElements() * dtype.bytes() + (long)(vector % VECTORS) * Lanes.BYTES;
    }

    @Override
    public int stride() {
        return Lanes.padded(inputs);
    }

    @Override
    public long bytes() {
        return segment.byteSize();
    }
}
