package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CanonicalMathTest {
    @Test
    void shouldStayWithinTwoUlpOfTheExponential() {
        for (float x = CanonicalMath.EXP_LOWEST; x <= CanonicalMath.EXP_HIGHEST; x += 1.0f / 4096) {
            assertNear(StrictMath.exp(x), CanonicalMath.exp(x), 2, x);
            final float near = Float.intBitsToFloat(Float.floatToRawIntBits(x) ^ 0x155);
            if (near >= CanonicalMath.EXP_LOWEST && near <= CanonicalMath.EXP_HIGHEST) {
                assertNear(StrictMath.exp(near), CanonicalMath.exp(near), 2, near);
            }
        }
        for (float x = Float.MIN_VALUE; x < 1; x *= 1.001f + Float.MIN_VALUE / x) {
            assertNear(StrictMath.exp(x), CanonicalMath.exp(x), 2, x);
            assertNear(StrictMath.exp(-x), CanonicalMath.exp(-x), 2, -x);
        }
    }

    private static void assertNear(final double expected, final float actual, final double ulps, final float x) {
        assertTrue(Math.abs(actual - expected) <= ulps * Math.ulp((float)expected),
            () -> "at " + Float.toHexString(x) + ": " + actual + " and not " + expected);
    }

    @Test
    void shouldHaveDefinedEnds() {
        assertEquals(1.0f, CanonicalMath.exp(0.0f));
        assertEquals(1.0f, CanonicalMath.exp(-0.0f));
        assertEquals(0.0f, CanonicalMath.exp(Math.nextDown(CanonicalMath.EXP_LOWEST)));
        assertTrue(CanonicalMath.exp(CanonicalMath.EXP_LOWEST) >= Float.MIN_NORMAL);
        assertEquals(Float.POSITIVE_INFINITY, CanonicalMath.exp(Math.nextUp(CanonicalMath.EXP_HIGHEST)));
        assertTrue(Float.isFinite(CanonicalMath.exp(CanonicalMath.EXP_HIGHEST)));
        assertEquals(0.0f, CanonicalMath.exp(Float.NEGATIVE_INFINITY));
        assertEquals(Float.POSITIVE_INFINITY, CanonicalMath.exp(Float.POSITIVE_INFINITY));
    }

    @Test
    void shouldKeepNaNsWhateverTheirPayload() {
        for (final int bits : new int[] {0x7FC0_0000, 0x7F80_0001, 0x7FFF_FFFF, 0xFFC0_0001, 0xFFFF_FFFF}) {
            assertTrue(Float.isNaN(CanonicalMath.exp(Float.intBitsToFloat(bits))), Integer.toHexString(bits));
            assertTrue(Float.isNaN(CanonicalMath.silu(Float.intBitsToFloat(bits))), Integer.toHexString(bits));
        }
    }

    @Test
    void shouldComputeSigmoidAndSilu() {
        for (float x = -80; x <= 80; x += 1.0f / 256) {
            final double sigmoid = 1 / (1 + StrictMath.exp(-x));
            assertNear(sigmoid, CanonicalMath.sigmoid(x), 4, x);
            assertNear(x * sigmoid, CanonicalMath.silu(x), 4, x);
        }
        assertEquals(0.0f, CanonicalMath.sigmoid(-100));
        assertEquals(1.0f, CanonicalMath.sigmoid(100));
        assertEquals(-0.0f, CanonicalMath.silu(-100));
        assertEquals(100.0f, CanonicalMath.silu(100));
    }
}
