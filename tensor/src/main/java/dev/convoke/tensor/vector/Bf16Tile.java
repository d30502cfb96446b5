package dev.convoke.tensor.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Room for one tile of a matrix, unpacked to bf16 for several rows to pass over. Products find it where it lies in the
 * matrix. One thread's; reused.
 */
abstract class Bf16Tile implements WeightTiles {
    /** From a pair of inputs to the next. */
    static final int PAIR_BYTES = 2 * TiledMatrix.TILE * Short.BYTES;

    private MemorySegment segment = MemorySegment.NULL;
    private int outputs;
    private int stride;
    private int firstVector;

    /** Makes room for a tile of a matrix of so many outputs in all, and so many inputs, padding included. */
    final void reserve(final int allOutputs, final int paddedInputs, final int tile) {
        outputs = allOutputs;
        stride = paddedInputs;
        firstVector = tile * TiledMatrix.VECTORS;
        final long bytes = (long)stride * TiledMatrix.TILE * Short.BYTES;
        if (segment.byteSize() < bytes) {
            segment = Arena.ofAuto().allocate(bytes, 64);
        }
    }

    @Override
    public final MemorySegment segment() {
        return segment;
    }

    @Override
    public final int outputs() {
        return outputs;
    }

    @Override
    public final int stride() {
        return stride;
    }

    @Override
    public final long offsetBytes(final int vector) {
        return (long)(vector - firstVector) * Lanes.BYTES;
    }
}
