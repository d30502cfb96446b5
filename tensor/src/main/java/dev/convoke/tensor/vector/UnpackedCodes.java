package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** One tile of codes as bf16, which holds them exactly, for several rows to pass over. One thread's; reused. */
final class UnpackedCodes extends Bf16Tile {
    /** Unpacks a tile. */
    void unpack(final Int8TiledMatrix matrix, final int tile) {
        reserve(matrix.outputs(), RowBuffer.paddedToBlock(matrix.inputs()), tile);
        final long from = matrix.tileOffsetBytes(tile);
        for (int lane = 0; lane < Int8TiledMatrix.WORD_BYTES; lane += Lanes.BYTES) {
            unpack(matrix.codes(), from + lane, matrix.words(), segment(), lane);
        }
    }

    /** A vector of outputs: of each word two pairs. */
    private static void unpack(final MemorySegment codes, final long from, final int words, final MemorySegment to,
        final long at) {
        for (int word = 0; word < words; word++) {
            final IntVector w =
                IntVector.fromMemorySegment(INTS, codes, from + word * Int8TiledMatrix.WORD_BYTES, ORDER);
            final long pairs = at + 2L * word * PAIR_BYTES;
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
}
