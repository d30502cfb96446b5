package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.Bf16;
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
        final float[] weights = new float[Lanes.padded(inputs)];
        int output = 0;
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++, output++) {
                tensor.readOperands(row * inputs, weights, inputs, dtype);
                if (dtype == DType.F32) {
                    matrix.fillFloats(output, weights);
                } else {
                    matrix.fillPairs(output, weights);
                }
                throttle.onPortion();
            }
        }
        return matrix;
    }

    private void fillFloats(final int output, final float[] weights) {
        final long start = outputOffsetBytes(output);
        for (int k = 0; k < inputs; k++) {
            segment.set(Lanes.FLOAT, start + (long)k * TILE * Float.BYTES, weights[k]);
        }
    }

    private void fillPairs(final int output, final float[] weights) {
        final long start = outputOffsetBytes(output);
        for (int k = 0; k < inputs; k += 2) {
            final int even = Bf16.fromFloat(weights[k]) & 0xFFFF;
            final int odd = Bf16.fromFloat(weights[k + 1]) << Short.SIZE;
            segment.set(Lanes.INT, start + (long)(k / 2) * TILE * Integer.BYTES, odd | even);
        }
    }

    /** An output of a tile begins with a float or with a pair of bf16: four bytes. */
    private long outputOffsetBytes(final int output) {
        return output / TILE * tileElements() * dtype.bytes() + (long)(output % TILE) * Integer.BYTES;
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
