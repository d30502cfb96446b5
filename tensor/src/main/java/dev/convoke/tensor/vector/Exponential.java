package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;

import dev.convoke.tensor.CanonicalMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link CanonicalMath#exp}, operation by operation. */
final class Exponential {
    private static final int MANTISSA_BITS = 23;

    private Exponential() {
    }

    /**
     * Replaces values by their exponentials.
     *
     * @param count a multiple of 16
     */
    static void apply(final float[] values, final int count) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            final FloatVector x = FloatVector.fromArray(FLOATS, values, i);
            final FloatVector magic = FloatVector.broadcast(FLOATS, CanonicalMath.ROUNDING_MAGIC);
            final FloatVector one = FloatVector.broadcast(FLOATS, 1.0f);
            final FloatVector shifted = x.fma(FloatVector.broadcast(FLOATS, CanonicalMath.LOG2_E), magic);
            final FloatVector n = shifted.sub(magic);
            final FloatVector high = n.fma(FloatVector.broadcast(FLOATS, -CanonicalMath.LN2_HIGH), x);
            final FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -CanonicalMath.LN2_LOW), high);
            final FloatVector p = FloatVector.broadcast(FLOATS, CanonicalMath.C7)
                .fma(r, FloatVector.broadcast(FLOATS, CanonicalMath.C6))
                .fma(r, FloatVector.broadcast(FLOATS, CanonicalMath.C5))
                .fma(r, FloatVector.broadcast(FLOATS, CanonicalMath.C4))
                .fma(r, FloatVector.broadcast(FLOATS, CanonicalMath.C3))
                .fma(r, FloatVector.broadcast(FLOATS, CanonicalMath.C2))
                .fma(r, one)
                .fma(r, one);
            final IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
            p.reinterpretAsInts().add(exponent).reinterpretAsFloats()
                .blend(0.0f, x.compare(VectorOperators.LT, CanonicalMath.EXP_LOWEST))
                .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, CanonicalMath.EXP_HIGHEST))
                .blend(Float.NaN, x.compare(VectorOperators.NE, x))
                .intoArray(values, i);
        }
    }
}
