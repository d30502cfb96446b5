package dev.convoke.tensor;

/**
 * Floats as 8-bit integers: {@code value = code x scale}, symmetric about zero, with one scale for an input row or for
 * the weights of an output. What {@code docs/numerics.md} says of W8A8.
 */
public final class Int8 {
    /** The largest code; the smallest is its opposite. */
    public static final float LARGEST_CODE = 127;
    /** Added and taken away again, it rounds what is smaller than 2^22 to a whole number, ties to even. */
    public static final float TO_WHOLE = 0x1.8p23f;
    /** Inputs over which sums of products of two codes stay below 2^24, and so are exact in binary32. */
    public static final int EXACT_INPUTS = 1024;
    /** Rows with nothing larger count as zeros, since 127 over it overflows sooner or later. */
    private static final float SMALLEST = 0x1p-100f;

    private Int8() {
    }

    /**
     * The scale of numbers whose largest magnitude is given: zero if all count as zeros, NaN if one of them is no
     * finite number.
     */
    public static float scale(final float largest) {
        if (!(largest <= Float.MAX_VALUE)) {
            return Float.NaN;
        }
        return largest < SMALLEST ? 0 : largest / LARGEST_CODE;
    }

    /** What those numbers are multiplied with before they are rounded to codes. */
    public static float inverse(final float largest) {
        return largest >= SMALLEST && largest <= Float.MAX_VALUE ? LARGEST_CODE / largest : 0;
    }

    /** The code of a number. */
    public static int code(final float value, final float inverse) {
        return (int)(value * inverse + TO_WHOLE - TO_WHOLE);
    }

    /** The largest magnitude; NaN if there is one. */
    public static float largest(final float[] values, final int count) {
        float largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        return largest;
    }
}
