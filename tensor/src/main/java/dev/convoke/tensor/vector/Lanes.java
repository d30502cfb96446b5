package dev.convoke.tensor.vector;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors of this process: constants, so that the compiler sees one width.
 *
 * <p>A pair of bf16 side by side in memory is one int lane: its low half, shifted up by {@link #HALF_BITS}, is the even
 * element as a float, and its high half, under {@link #HIGH_HALF}, the odd one.
 */
final class Lanes {
    static final VectorSpecies<Float> FLOATS =
        VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.bits()));
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    /** As many shorts as there are floats in {@link #FLOATS}. */
    static final VectorSpecies<Short> SHORTS =
        VectorSpecies.of(short.class, VectorShape.forBitSize(VectorWidth.bits() / 2));
    /** Floats in a vector. */
    static final int COUNT = FLOATS.length();
    /** Bytes in a vector. */
    static final int BYTES = COUNT * Float.BYTES;
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    static final int HALF_BITS = 16;
    static final int HIGH_HALF = 0xFFFF_0000;

    private Lanes() {
    }

    /** Rounds up to whole blocks of 32, which are whole vectors of any width. */
    static int padded(final int count) {
        return (count + 31) / 32 * 32;
    }
}
