package dev.convoke.tensor;

/**
 * bfloat16: the upper half of a binary32. Rounding is to nearest, ties to even; subnormal results become zero of the
 * same sign, as matrix units treat them; a NaN stays a quiet NaN.
 */
public final class Bf16 {
    private static final int EXPONENT_MASK = 0x7F80_0000;

    private Bf16() {
    }

    /** Exact. */
    public static float toFloat(final short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounds; values too large become infinite. */
    public static short fromFloat(final float value) {
        final int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short)((bits >>> 16) | 0x0040);
        }
        final int rounded = bits + 0x7FFF + ((bits >>> 16) & 1);
        if ((rounded & EXPONENT_MASK) == 0) {
            return (short)((bits >>> 16) & 0x8000);
        }
        return (short)(rounded >>> 16);
    }

    /**
     * The float that a dequantised weight becomes when it is held as bfloat16: to the nearest, ties away from zero,
     * subnormals flushed.
     *
     * @param value finite
     */
    public static float roundHalfAway(final float value) {
        final int rounded = Float.floatToRawIntBits(value) + 0x8000 & 0xFFFF_0000;
        return Float.intBitsToFloat((rounded & EXPONENT_MASK) == 0 ? rounded & 0x8000_0000 : rounded);
    }

    /** A stored value with its subnormals replaced by zero of the same sign. */
    public static short flushSubnormal(final short bits) {
        return (bits & 0x7F80) == 0 ? (short)(bits & 0x8000) : bits;
    }

    /** The same for two stored values in a word. */
    static int flushSubnormals(final int pair) {
        final int lowFlushed = (pair & 0x7F80) == 0 ? pair & 0xFFFF_8000 : pair;
        return (lowFlushed & EXPONENT_MASK) == 0 ? lowFlushed & 0x8000_FFFF : lowFlushed;
    }

    /** The float that {@code value} becomes when it is held as bfloat16. */
    public static float round(final float value) {
        return toFloat(fromFloat(value));
    }
}
