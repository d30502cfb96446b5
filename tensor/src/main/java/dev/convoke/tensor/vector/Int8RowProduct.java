package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.Int8;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One row of codes times codes, unpacked in registers on the way. Sums are taken in floats as long as they are exact,
 * then as integers. The loops are written out because a method that passes vectors is not inlined and allocates.
 */
final class Int8RowProduct {
    private static final int EXACT_WORDS = Int8.EXACT_INPUTS / Int8TiledMatrix.WORD_CODES;

    private Int8RowProduct() {
    }

    /**
     * The products of a row with two neighbouring vectors of outputs.
     *
     * @param at   byte offset of the first vector
     * @param x    codes of the row, as floats
     * @param sums [2 vectors][lane], overwritten
     */
    static void multiply(final MemorySegment weights, final long at, final int words, final float[] x,
        final int[] sums) {
        IntVector sum0 = IntVector.zero(INTS);
        IntVector sum1 = IntVector.zero(INTS);
        for (int from = 0; from < words; from += EXACT_WORDS) {
            FloatVector first0 = FloatVector.zero(FLOATS);
            FloatVector second0 = FloatVector.zero(FLOATS);
            FloatVector third0 = FloatVector.zero(FLOATS);
            FloatVector fourth0 = FloatVector.zero(FLOATS);
            FloatVector first1 = FloatVector.zero(FLOATS);
            FloatVector second1 = FloatVector.zero(FLOATS);
            FloatVector third1 = FloatVector.zero(FLOATS);
            FloatVector fourth1 = FloatVector.zero(FLOATS);
            final int to = Math.min(words, from + EXACT_WORDS);
            for (int word = from; word < to; word++) {
                final long w = at + word * Int8TiledMatrix.WORD_BYTES;
                final int k = word * Int8TiledMatrix.WORD_CODES;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector x0 = FloatVector.broadcast(FLOATS, x[k]);
                first0 = x0.fma((FloatVector)w0.lanewise(VectorOperators.LSHL, 24)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), first0);
                first1 = x0.fma((FloatVector)w1.lanewise(VectorOperators.LSHL, 24)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), first1);
                final FloatVector x1 = FloatVector.broadcast(FLOATS, x[k + 1]);
                second0 = x1.fma((FloatVector)w0.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), second0);
                second1 = x1.fma((FloatVector)w1.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), second1);
                final FloatVector x2 = FloatVector.broadcast(FLOATS, x[k + 2]);
                third0 = x2.fma((FloatVector)w0.lanewise(VectorOperators.LSHL, 8)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), third0);
                third1 = x2.fma((FloatVector)w1.lanewise(VectorOperators.LSHL, 8)
                    .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), third1);
                final FloatVector x3 = FloatVector.broadcast(FLOATS, x[k + 3]);
                fourth0 = x3.fma((FloatVector)w0.lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0), fourth0);
                fourth1 = x3.fma((FloatVector)w1.lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0), fourth1);
            }
            sum0 = sum0.add(first0.add(second0).add(third0.add(fourth0)).convert(VectorOperators.F2I, 0));
            sum1 = sum1.add(first1.add(second1).add(third1.add(fourth1)).convert(VectorOperators.F2I, 0));
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.COUNT);
    }
}
