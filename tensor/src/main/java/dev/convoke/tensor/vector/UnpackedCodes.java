package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** One tile of codes as bf16, which holds them exactly, for several rows to pass over. One thread's; reused. */
final class UnpackedCodes implements WeightTiles {
    private static final long PAIR_BYTES = 2L * TiledMatrix.TILE * Short.BYTES;

    private MemorySegment segment = MemorySegment.NULL;
    private int outputs;
    private int stride;
    private int firstVector;

    /** Unpacks a tile; products then find it where it lies in the matrix. */
    void unpack(final Int8TiledMatrix matrix, final int tile) {
        outputs = matrix.outputs();
        stride = RowBuffer.paddedToBlock(matrix.inputs());
        firstVector = tile * TiledMatrix.VECTORS;
        final long bytes = (long)stride * TiledMatrix.TILE * Short.BYTES;
        if (segment.byteSize() < bytes) {
            segment = Arena.ofAuto().allocate(bytes, 64);
        }
        final long from = matrix.tileOffsetBytes(tile);
        for (int lane = 0; lane < Int8TiledMatrix.WORD_BYTES; lane += Lanes.BYTES) {
            unpack(matrix.codes(), from + lane, matrix.words(), segment, lane);
        }
    }

    /** A vector of outputs: of each word two pairs. */
    private static void unpack(final MemorySegment codes, final long from, final int words, final MemorySegment to,
        final long at) {
        for (int word = 0; word < words; word++) {
            final IntVector w =
                IntVector.fromMemorySegment(INTS, codes, from + word * Int8TiledMatrix.WORD_BYTES, ORDER);
            final long pairs = at + 2 * word * PAIR_BYTES;
            final IntVector even0 = w.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                .convert(VectorOperators.I2F, 0).reinterpretAsInts();
            final IntVector odd0 = w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                .convert(VectorOperators.I2F, 0).reinterpretAsInts();
            even0.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd0.and(HIGH_HALF))
                .intoMemorySegment(to, pairs, ORDER);
            final IntVector even1 = w.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                .convert(VectorOperators.I2F, 0).reinterpretAsInts();
            final IntVector odd1 = w.lanewise(VectorOperators.ASHR, 24)
                .convert(VectorOperators.I2F, 0).reinterpretAsInts();
            even1.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd1.and(HIGH_HALF))
                .intoMemorySegment(to, pairs + PAIR_BYTES, ORDER);
        }
    }

    @Override
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public int outputs() {
        return outputs;
    }

    @Override
    public int stride() {
        return stride;
    }

    @Override
    public long offsetBytes(final int vector) {
        return (long)(vector - firstVector) * Lanes.BYTES;
    }
}
