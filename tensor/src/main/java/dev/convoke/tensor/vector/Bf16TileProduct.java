package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.HALF_BITS;
import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** bf16 weights: a pair is a shift and a mask away from its two floats. */
final class Bf16TileProduct extends TileProduct {
    private static final long PAIR_BYTES = 2L * TiledMatrix.TILE * Short.BYTES;

    @Override
    long pairBytes() {
        return PAIR_BYTES;
    }

    @Override
    void fourByTwo(final MemorySegment weights, final long at, final float[] x, final int from, final int stride,
        final int pairs, final int accumulators) {
        final FloatVector zero = FloatVector.zero(FLOATS);
        for (int block = 0; block < pairs; block += BLOCK_PAIRS) {
            FloatVector even00 = zero;
            FloatVector odd00 = zero;
            FloatVector even01 = zero;
            FloatVector odd01 = zero;
            FloatVector even10 = zero;
            FloatVector odd10 = zero;
            FloatVector even11 = zero;
            FloatVector odd11 = zero;
            FloatVector even20 = zero;
            FloatVector odd20 = zero;
            FloatVector even21 = zero;
            FloatVector odd21 = zero;
            FloatVector even30 = zero;
            FloatVector odd30 = zero;
            FloatVector even31 = zero;
            FloatVector odd31 = zero;
            for (int pair = block; pair < block + BLOCK_PAIRS; pair++) {
                final long w = at + pair * PAIR_BYTES;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector evenW0 = w0.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW0 = w0.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW1 = w1.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW1 = w1.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair]);
                final FloatVector oddX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair + 1]);
                even00 = evenX0.fma(evenW0, even00);
                odd00 = oddX0.fma(oddW0, odd00);
                even01 = evenX0.fma(evenW1, even01);
                odd01 = oddX0.fma(oddW1, odd01);
                final FloatVector evenX1 = FloatVector.broadcast(FLOATS, x[from + stride + 2 * pair]);
                final FloatVector oddX1 = FloatVector.broadcast(FLOATS, x[from + stride + 2 * pair + 1]);
                even10 = evenX1.fma(evenW0, even10);
                odd10 = oddX1.fma(oddW0, odd10);
                even11 = evenX1.fma(evenW1, even11);
                odd11 = oddX1.fma(oddW1, odd11);
                final FloatVector evenX2 = FloatVector.broadcast(FLOATS, x[from + 2 * stride + 2 * pair]);
                final FloatVector oddX2 = FloatVector.broadcast(FLOATS, x[from + 2 * stride + 2 * pair + 1]);
                even20 = evenX2.fma(evenW0, even20);
                odd20 = oddX2.fma(oddW0, odd20);
                even21 = evenX2.fma(evenW1, even21);
                odd21 = oddX2.fma(oddW1, odd21);
                final FloatVector evenX3 = FloatVector.broadcast(FLOATS, x[from + 3 * stride + 2 * pair]);
                final FloatVector oddX3 = FloatVector.broadcast(FLOATS, x[from + 3 * stride + 2 * pair + 1]);
                even30 = evenX3.fma(evenW0, even30);
                odd30 = oddX3.fma(oddW0, odd30);
                even31 = evenX3.fma(evenW1, even31);
                odd31 = oddX3.fma(oddW1, odd31);
            }
            FloatVector.fromArray(FLOATS, sums, accumulators).add(even00.add(odd00))
                .intoArray(sums, accumulators);
            FloatVector.fromArray(FLOATS, sums, accumulators + Lanes.COUNT).add(even01.add(odd01))
                .intoArray(sums, accumulators + Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 2 * Lanes.COUNT).add(even10.add(odd10))
                .intoArray(sums, accumulators + 2 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 3 * Lanes.COUNT).add(even11.add(odd11))
                .intoArray(sums, accumulators + 3 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 4 * Lanes.COUNT).add(even20.add(odd20))
                .intoArray(sums, accumulators + 4 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 5 * Lanes.COUNT).add(even21.add(odd21))
                .intoArray(sums, accumulators + 5 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 6 * Lanes.COUNT).add(even30.add(odd30))
                .intoArray(sums, accumulators + 6 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 7 * Lanes.COUNT).add(even31.add(odd31))
                .intoArray(sums, accumulators + 7 * Lanes.COUNT);
        }
    }

    @Override
    void twoByTwo(final MemorySegment weights, final long at, final float[] x, final int from, final int stride,
        final int pairs, final int accumulators) {
        final FloatVector zero = FloatVector.zero(FLOATS);
        for (int block = 0; block < pairs; block += BLOCK_PAIRS) {
            FloatVector even00 = zero;
            FloatVector odd00 = zero;
            FloatVector even01 = zero;
            FloatVector odd01 = zero;
            FloatVector even10 = zero;
            FloatVector odd10 = zero;
            FloatVector even11 = zero;
            FloatVector odd11 = zero;
            for (int pair = block; pair < block + BLOCK_PAIRS; pair++) {
                final long w = at + pair * PAIR_BYTES;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector evenW0 = w0.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW0 = w0.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW1 = w1.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW1 = w1.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair]);
                final FloatVector oddX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair + 1]);
                even00 = evenX0.fma(evenW0, even00);
                odd00 = oddX0.fma(oddW0, odd00);
                even01 = evenX0.fma(evenW1, even01);
                odd01 = oddX0.fma(oddW1, odd01);
                final FloatVector evenX1 = FloatVector.broadcast(FLOATS, x[from + stride + 2 * pair]);
                final FloatVector oddX1 = FloatVector.broadcast(FLOATS, x[from + stride + 2 * pair + 1]);
                even10 = evenX1.fma(evenW0, even10);
                odd10 = oddX1.fma(oddW0, odd10);
                even11 = evenX1.fma(evenW1, even11);
                odd11 = oddX1.fma(oddW1, odd11);
            }
            FloatVector.fromArray(FLOATS, sums, accumulators).add(even00.add(odd00))
                .intoArray(sums, accumulators);
            FloatVector.fromArray(FLOATS, sums, accumulators + Lanes.COUNT).add(even01.add(odd01))
                .intoArray(sums, accumulators + Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 2 * Lanes.COUNT).add(even10.add(odd10))
                .intoArray(sums, accumulators + 2 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, accumulators + 3 * Lanes.COUNT).add(even11.add(odd11))
                .intoArray(sums, accumulators + 3 * Lanes.COUNT);
        }
    }

    @Override
    void oneByTwo(final MemorySegment weights, final long at, final float[] x, final int from, final int stride,
        final int pairs, final int accumulators) {
        final FloatVector zero = FloatVector.zero(FLOATS);
        for (int block = 0; block < pairs; block += BLOCK_PAIRS) {
            FloatVector even00 = zero;
            FloatVector odd00 = zero;
            FloatVector even01 = zero;
            FloatVector odd01 = zero;
            for (int pair = block; pair < block + BLOCK_PAIRS; pair++) {
                final long w = at + pair * PAIR_BYTES;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector evenW0 = w0.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW0 = w0.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW1 = w1.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW1 = w1.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair]);
                final FloatVector oddX0 = FloatVector.broadcast(FLOATS, x[from + 2 * pair + 1]);
                even00 = evenX0.fma(evenW0, even00);
                odd00 = oddX0.fma(oddW0, odd00);
                even01 = evenX0.fma(evenW1, even01);
                odd01 = oddX0.fma(oddW1, odd01);
            }
            FloatVector.fromArray(FLOATS, sums, accumulators).add(even00.add(odd00))
                .intoArray(sums, accumulators);
            FloatVector.fromArray(FLOATS, sums, accumulators + Lanes.COUNT).add(even01.add(odd01))
                .intoArray(sums, accumulators + Lanes.COUNT);
        }
    }

    @Override
    void oneByFour(final MemorySegment weights, final long at, final long nextAt, final float[] x, final int pairs) {
        final FloatVector zero = FloatVector.zero(FLOATS);
        for (int block = 0; block < pairs; block += BLOCK_PAIRS) {
            FloatVector even00 = zero;
            FloatVector odd00 = zero;
            FloatVector even01 = zero;
            FloatVector odd01 = zero;
            FloatVector even02 = zero;
            FloatVector odd02 = zero;
            FloatVector even03 = zero;
            FloatVector odd03 = zero;
            for (int pair = block; pair < block + BLOCK_PAIRS; pair++) {
                final long w = at + pair * PAIR_BYTES;
                final long v = nextAt + pair * PAIR_BYTES;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final IntVector w2 = IntVector.fromMemorySegment(INTS, weights, v, ORDER);
                final IntVector w3 = IntVector.fromMemorySegment(INTS, weights, v + Lanes.BYTES, ORDER);
                final FloatVector evenW0 = w0.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW0 = w0.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW1 = w1.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW1 = w1.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW2 = w2.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW2 = w2.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenW3 = w3.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                final FloatVector oddW3 = w3.and(HIGH_HALF).reinterpretAsFloats();
                final FloatVector evenX0 = FloatVector.broadcast(FLOATS, x[2 * pair]);
                final FloatVector oddX0 = FloatVector.broadcast(FLOATS, x[2 * pair + 1]);
                even00 = evenX0.fma(evenW0, even00);
                odd00 = oddX0.fma(oddW0, odd00);
                even01 = evenX0.fma(evenW1, even01);
                odd01 = oddX0.fma(oddW1, odd01);
                even02 = evenX0.fma(evenW2, even02);
                odd02 = oddX0.fma(oddW2, odd02);
                even03 = evenX0.fma(evenW3, even03);
                odd03 = oddX0.fma(oddW3, odd03);
            }
            FloatVector.fromArray(FLOATS, sums, 0).add(even00.add(odd00))
                .intoArray(sums, 0);
            FloatVector.fromArray(FLOATS, sums, Lanes.COUNT).add(even01.add(odd01))
                .intoArray(sums, Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, 2 * Lanes.COUNT).add(even02.add(odd02))
                .intoArray(sums, 2 * Lanes.COUNT);
            FloatVector.fromArray(FLOATS, sums, 3 * Lanes.COUNT).add(even03.add(odd03))
                .intoArray(sums, 3 * Lanes.COUNT);
        }
    }
}
