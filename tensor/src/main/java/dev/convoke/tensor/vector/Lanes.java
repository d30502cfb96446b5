package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.tensor.CanonicalMath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors of this process and what a lane can do: loads that widen, stores that round, the canonical exponential.
 * A pair of bf16 side by side in memory is one int lane; its low half, shifted up, is the even element, and its high
 * half, masked, the odd one.
 */
final class Lanes {
    /** Constant, so that the compiler sees one width. */
    static final VectorSpecies<Float> FLOATS =
        VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.bits()));
    static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    /** Floats in a vector. */
    static final int COUNT = FLOATS.length();
    /** Bytes in a vector. */
    static final int BYTES = COUNT * Float.BYTES;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VectorSpecies<Short> SHORTS =
        VectorSpecies.of(short.class, VectorShape.forBitSize(VectorWidth.bits() / 2));
    private static final int HIGH_HALF = 0xFFFF_0000;
    private static final int EXPONENT = 0x7F80_0000;
    private static final int SIGN = 0x8000_0000;
    private static final int QUIET = 0x0040_0000;
    private static final int MANTISSA_BITS = 23;

    private Lanes() {
    }

    static FloatVector zero() {
        return FloatVector.zero(FLOATS);
    }

    static FloatVector all(final float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    /** A vector of pairs of bf16. */
    static IntVector pairs(final MemorySegment segment, final long offset) {
        return IntVector.fromMemorySegment(INTS, segment, offset, ByteOrder.LITTLE_ENDIAN);
    }

    /** The even elements of pairs, widened. */
    static FloatVector even(final IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    /** The odd elements of pairs, widened. */
    static FloatVector odd(final IntVector pairs) {
        return pairs.lanewise(VectorOperators.AND, HIGH_HALF).reinterpretAsFloats();
    }

    static FloatVector floats(final MemorySegment segment, final long offset) {
        return FloatVector.fromMemorySegment(FLOATS, segment, offset, ByteOrder.LITTLE_ENDIAN);
    }

    static FloatVector floats(final float[] array, final int index) {
        return FloatVector.fromArray(FLOATS, array, index);
    }

    /** Consecutive elements, widened. */
    static FloatVector load(final MemorySegment segment, final DType dtype, final long index) {
        if (dtype == DType.F32) {
            return floats(segment, index * Float.BYTES);
        }
        final ShortVector shorts =
            ShortVector.fromMemorySegment(SHORTS, segment, index * Short.BYTES, ByteOrder.LITTLE_ENDIAN);
        final IntVector widened = (IntVector)shorts.convertShape(VectorOperators.S2I, INTS, 0);
        return even(widened);
    }

    /** Consecutive elements, rounded. */
    static void store(final FloatVector values, final MemorySegment segment, final DType dtype, final long index) {
        if (dtype == DType.F32) {
            values.intoMemorySegment(segment, index * Float.BYTES, ByteOrder.LITTLE_ENDIAN);
            return;
        }
        final IntVector halves = rounded(values).lanewise(VectorOperators.LSHR, 16);
        final ShortVector shorts = (ShortVector)halves.convertShape(VectorOperators.I2S, SHORTS, 0);
        shorts.intoMemorySegment(segment, index * Short.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** Pairs of bf16 from their even and odd elements, rounded. */
    static void storePairs(final FloatVector even, final FloatVector odd, final MemorySegment segment,
        final long offset) {
        final IntVector low = rounded(even).lanewise(VectorOperators.LSHR, 16);
        final IntVector high = rounded(odd).lanewise(VectorOperators.AND, HIGH_HALF);
        high.or(low).intoMemorySegment(segment, offset, ByteOrder.LITTLE_ENDIAN);
    }

    /** {@code Bf16.fromFloat} in the upper half of each lane; the lower half is of no meaning. */
    private static IntVector rounded(final FloatVector values) {
        final IntVector bits = values.reinterpretAsInts();
        final IntVector tie = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        final IntVector nearest = bits.add(tie).add(0x7FFF);
        final VectorMask<Integer> subnormal = nearest.and(EXPONENT).compare(VectorOperators.EQ, 0);
        final VectorMask<Integer> nan = values.compare(VectorOperators.NE, values).cast(INTS);
        return nearest.blend(bits.and(SIGN), subnormal).blend(bits.or(QUIET), nan);
    }

    /** Which lanes, counted from {@code first}, have an index outside {@code [from, to)}. */
    static VectorMask<Float> outside(final int first, final int from, final int to) {
        final IntVector index = IntVector.broadcast(INTS, first).addIndex(1);
        return index.compare(VectorOperators.LT, from).or(index.compare(VectorOperators.GE, to)).cast(FLOATS);
    }

    /** {@link CanonicalMath#exp}, operation by operation. */
    static FloatVector exp(final FloatVector x) {
        final FloatVector shifted = x.fma(all(CanonicalMath.LOG2_E), all(CanonicalMath.ROUNDING_MAGIC));
        final FloatVector n = shifted.sub(CanonicalMath.ROUNDING_MAGIC);
        final FloatVector r = n.fma(all(-CanonicalMath.LN2_LOW), n.fma(all(-CanonicalMath.LN2_HIGH), x));
        FloatVector p = all(CanonicalMath.C7).fma(r, all(CanonicalMath.C6));
        p = p.fma(r, all(CanonicalMath.C5));
        p = p.fma(r, all(CanonicalMath.C4));
        p = p.fma(r, all(CanonicalMath.C3));
        p = p.fma(r, all(CanonicalMath.C2));
        p = p.fma(r, all(1.0f));
        p = p.fma(r, all(1.0f));
        final IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats()
            .blend(0.0f, x.compare(VectorOperators.LT, CanonicalMath.EXP_LOWEST))
            .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, CanonicalMath.EXP_HIGHEST))
            .blend(Float.NaN, x.compare(VectorOperators.NE, x));
    }

    /** {@link CanonicalMath#silu}. */
    static FloatVector silu(final FloatVector x) {
        return x.div(exp(x.neg()).add(1.0f));
    }
}
