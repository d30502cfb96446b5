package dev.convoke.tensor;

/**
 * The transcendental functions of the canonical numerics, in scalar form. Only fused multiply-adds, adds, multiplies,
 * divisions and bit operations, each with one rounding that IEEE 754 fixes, so that interpreter, compilers and vector
 * units of any width agree. The library's {@code Math.exp} does not give that promise.
 */
public final class CanonicalMath {
    /** Below this, {@link #exp} is zero. */
    public static final float EXP_LOWEST = -87.0f;
    /** Above this, {@link #exp} is infinite. */
    public static final float EXP_HIGHEST = 88.0f;
    /** log2(e). */
    public static final float LOG2_E = 0x1.715476p0f;
    /** Adding and subtracting it rounds a float of modest size to an integer; its low bits then hold that integer. */
    public static final float ROUNDING_MAGIC = 0x1.8p23f;
    /** The upper part of ln 2, with trailing zeros so that products with small integers are exact. */
    public static final float LN2_HIGH = 0x1.62e4p-1f;
    /** ln 2 less {@link #LN2_HIGH}. */
    public static final float LN2_LOW = 0x1.7f7d1cp-20f;
    /** Coefficients 1/2! to 1/7! of the exponential series, which suffices on |r| <= ln(2)/2. */
    public static final float C2 = 0.5f;
    /** 1/3!. */
    public static final float C3 = 1.0f / 6;
    /** 1/4!. */
    public static final float C4 = 1.0f / 24;
    /** 1/5!. */
    public static final float C5 = 1.0f / 120;
    /** 1/6!. */
    public static final float C6 = 1.0f / 720;
    /** 1/7!. */
    public static final float C7 = 1.0f / 5040;

    private CanonicalMath() {
    }

    /** e^x within 2 ulp; 0 below {@link #EXP_LOWEST}, infinite above {@link #EXP_HIGHEST}, NaN for NaN. */
    public static float exp(final float x) {
        if (x < EXP_LOWEST) {
            return 0.0f;
        }
        if (x > EXP_HIGHEST) {
            return Float.POSITIVE_INFINITY;
        }
        if (Float.isNaN(x)) {
            return Float.NaN;
        }
        final float shifted = Math.fma(x, LOG2_E, ROUNDING_MAGIC);
        final float n = shifted - ROUNDING_MAGIC;
        final float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
        float p = Math.fma(C7, r, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r, 1.0f);
        p = Math.fma(p, r, 1.0f);
        final int exponent = Float.floatToRawIntBits(shifted) << 23;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + exponent);
    }

    /** 1 / (1 + e^-x). */
    public static float sigmoid(final float x) {
        return 1.0f / (1.0f + exp(-x));
    }

    /** x / (1 + e^-x), the SiLU or swish activation (Elfwing et al., 2018). */
    public static float silu(final float x) {
        return x / (1.0f + exp(-x));
    }
}
