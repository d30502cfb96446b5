package dev.convoke.bench.machine;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops of nothing but arithmetic, as much as the Vector API can keep going at once. One instance a thread; every call
 * returns its operations, a multiplication and an addition being two.
 */
final class PeakLoops {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final int ROUNDS = 20_000;
    private static final int CHAINS = 12;
    private static final int HALF_BITS = 16;
    private static final int HIGH_HALF = 0xFFFF_0000;
    /** Two bf16 of 1. */
    private static final int ONES = 0x3F80_3F80;
    /** Operands that stay in the innermost cache. */
    private static final int CACHED_INTS = 4096;
    private static final int PASSES = 100;

    private final float[] floats = new float[FLOATS.length()];
    private final float[] widened = new float[FLOATS.length()];
    private final short[] shorts = new short[2 * CACHED_INTS];
    private final short[] products = new short[SHORTS.length()];
    private final short[] otherShorts = new short[2 * CACHED_INTS];
    private final int[] pairs = new int[CACHED_INTS];
    private final int[] sums = new int[CACHED_INTS];

    PeakLoops() {
        for (int i = 0; i < CACHED_INTS; i++) {
            shorts[2 * i] = (short)(i % 127);
            otherShorts[2 * i] = (short)(i % 113);
            pairs[i] = ONES | (i & 0x3F) << HALF_BITS | i & 0x3F;
        }
    }

    /** Chains of fused multiply-adds of f32, all operands in registers. */
    double f32() {
        final FloatVector x = FloatVector.fromArray(FLOATS, floats, 0);
        final FloatVector y = FloatVector.broadcast(FLOATS, 0.5f);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        FloatVector i = x;
        FloatVector j = x;
        FloatVector k = x;
        FloatVector l = x;
        for (int round = 0; round < ROUNDS; round++) {
            a = a.fma(y, x);
            b = b.fma(y, x);
            c = c.fma(y, x);
            d = d.fma(y, x);
            e = e.fma(y, x);
            f = f.fma(y, x);
            g = g.fma(y, x);
            h = h.fma(y, x);
            i = i.fma(y, x);
            j = j.fma(y, x);
            k = k.fma(y, x);
            l = l.fma(y, x);
        }
        a.add(b).add(c.add(d)).add(e.add(f)).add(g.add(h)).add(i.add(j)).add(k.add(l)).intoArray(floats, 0);
        return 2.0 * ROUNDS * CHAINS * FLOATS.length();
    }

    /** Pairs of bf16 from cache, widened to f32 with a shift and a mask, each multiplied and added. */
    double bf16Widened() {
        for (int pass = 0; pass < PASSES; pass++) {
            widenedPass();
        }
        return 2.0 * 2 * CACHED_INTS * PASSES;
    }

    private void widenedPass() {
        final FloatVector x = FloatVector.broadcast(FLOATS, 0.5f);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        final int lanes = INTS.length();
        for (int at = 0; at < CACHED_INTS; at += 4 * lanes) {
            final IntVector first = IntVector.fromArray(INTS, pairs, at);
            final IntVector second = IntVector.fromArray(INTS, pairs, at + lanes);
            final IntVector third = IntVector.fromArray(INTS, pairs, at + 2 * lanes);
            final IntVector fourth = IntVector.fromArray(INTS, pairs, at + 3 * lanes);
            a = low(first).fma(x, a);
            b = high(first).fma(x, b);
            c = low(second).fma(x, c);
            d = high(second).fma(x, d);
            e = low(third).fma(x, e);
            f = high(third).fma(x, f);
            g = low(fourth).fma(x, g);
            h = high(fourth).fma(x, h);
        }
        a.add(b).add(c.add(d)).add(e.add(f)).add(g.add(h)).intoArray(widened, 0);
    }

    private static FloatVector low(final IntVector both) {
        return both.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
    }

    private static FloatVector high(final IntVector both) {
        return both.and(HIGH_HALF).reinterpretAsFloats();
    }

    /** Products of bytes in lanes of 16 bits, where each is exact, added in the same lanes; operands in registers. */
    double int8InShorts() {
        final ShortVector x = ShortVector.fromArray(SHORTS, shorts, 0);
        final ShortVector y = ShortVector.fromArray(SHORTS, otherShorts, 0);
        ShortVector a = x;
        ShortVector b = y;
        ShortVector c = x;
        ShortVector d = y;
        ShortVector e = x;
        ShortVector f = y;
        ShortVector g = x;
        ShortVector h = y;
        for (int round = 0; round < ROUNDS; round++) {
            a = a.mul(y).add(x);
            b = b.mul(y).add(x);
            c = c.mul(y).add(x);
            d = d.mul(y).add(x);
            e = e.mul(y).add(x);
            f = f.mul(y).add(x);
            g = g.mul(y).add(x);
            h = h.mul(y).add(x);
        }
        a.add(b).add(c.add(d)).add(e.add(f)).add(g.add(h)).intoArray(products, 0);
        return 2.0 * ROUNDS * 8 * SHORTS.length();
    }

    /** The pattern that the JIT compiler turns into sums of two 16-bit products in 32 bits; operands from cache. */
    double int8InPairs() {
        for (int pass = 0; pass < PASSES; pass++) {
            pairSums(sums, shorts, otherShorts);
        }
        return 2.0 * 2 * CACHED_INTS * PASSES;
    }

    private static void pairSums(final int[] to, final short[] x, final short[] y) {
        for (int i = 0; i < CACHED_INTS; i++) {
            to[i] += x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
        }
    }
}
