package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.HALF_BITS;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;
import static dev.convoke.tensor.vector.Lanes.SHORTS;

import dev.convoke.core.DType;
import dev.convoke.tensor.ElementAccess;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Between elements in memory, f32 or bf16, and arrays of floats. */
final class Conversion {
    private static final int EXPONENT = 0x7F80_0000;
    private static final int SIGN = 0x8000_0000;
    private static final int QUIET = 0x0040_0000;

    private Conversion() {
    }

    /** Reads elements, widening them. */
    static void load(final MemorySegment segment, final DType dtype, final long index, final int count,
        final float[] to, final int at) {
        final int whole = dtype == DType.F32
            ? loadFloats(segment, index, count, to, at) : loadBf16(segment, index, count, to, at);
        for (int i = whole; i < count; i++) {
            to[at + i] = ElementAccess.read(segment, dtype, index + i);
        }
    }

    private static int loadFloats(final MemorySegment segment, final long index, final int count, final float[] to,
        final int at) {
        int i = 0;
        for (; i + Lanes.COUNT <= count; i += Lanes.COUNT) {
            FloatVector.fromMemorySegment(FLOATS, segment, (index + i) * Float.BYTES, ORDER).intoArray(to, at + i);
        }
        return i;
    }

    private static int loadBf16(final MemorySegment segment, final long index, final int count, final float[] to,
        final int at) {
        int i = 0;
        for (; i + Lanes.COUNT <= count; i += Lanes.COUNT) {
            final IntVector bits = (IntVector)ShortVector
                .fromMemorySegment(SHORTS, segment, (index + i) * Short.BYTES, ORDER)
                .convertShape(VectorOperators.S2I, INTS, 0);
            bits.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats().intoArray(to, at + i);
        }
        return i;
    }

    /** Writes elements, rounding them. */
    static void store(final float[] from, final int at, final int count, final MemorySegment segment,
        final DType dtype, final long index) {
        final int whole = dtype == DType.F32
            ? storeFloats(from, at, count, segment, index) : storeBf16(from, at, count, segment, index);
        for (int i = whole; i < count; i++) {
            ElementAccess.write(segment, dtype, index + i, from[at + i]);
        }
    }

    private static int storeFloats(final float[] from, final int at, final int count, final MemorySegment segment,
        final long index) {
        int i = 0;
        for (; i + Lanes.COUNT <= count; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, from, at + i).intoMemorySegment(segment, (index + i) * Float.BYTES, ORDER);
        }
        return i;
    }

    /** {@link dev.convoke.tensor.Bf16#fromFloat}, lane by lane. */
    private static int storeBf16(final float[] from, final int at, final int count, final MemorySegment segment,
        final long index) {
        int i = 0;
        for (; i + Lanes.COUNT <= count; i += Lanes.COUNT) {
            final FloatVector values = FloatVector.fromArray(FLOATS, from, at + i);
            final IntVector bits = values.reinterpretAsInts();
            final IntVector tie = bits.lanewise(VectorOperators.LSHR, HALF_BITS).and(1);
            final IntVector nearest = bits.add(tie).add(0x7FFF);
            final VectorMask<Integer> subnormal = nearest.and(EXPONENT).compare(VectorOperators.EQ, 0);
            final VectorMask<Integer> nan = values.compare(VectorOperators.NE, values).cast(INTS);
            final ShortVector rounded = (ShortVector)nearest
                .blend(bits.and(SIGN), subnormal)
                .blend(bits.or(QUIET), nan)
                .lanewise(VectorOperators.LSHR, HALF_BITS)
                .convertShape(VectorOperators.I2S, SHORTS, 0);
            rounded.intoMemorySegment(segment, (index + i) * Short.BYTES, ORDER);
        }
        return i;
    }
}
