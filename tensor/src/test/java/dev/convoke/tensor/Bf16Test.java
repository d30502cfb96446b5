package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Bf16Test {
    @Test
    void shouldKeepEveryValueThatIsOne() {
        for (int i = 0; i <= 0xFFFF; i++) {
            final short bits = (short)i;
            final float value = Bf16.toFloat(bits);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(Bf16.round(value)));
            } else if (Math.abs(value) < Float.MIN_NORMAL) {
                assertEquals(Float.floatToRawIntBits(Math.copySign(0.0f, value)),
                    Float.floatToRawIntBits(Bf16.round(value)));
                assertEquals(Bf16.fromFloat(value), Bf16.flushSubnormal(bits));
            } else {
                assertEquals(bits, Bf16.fromFloat(value));
                assertEquals(bits, Bf16.flushSubnormal(bits));
            }
        }
    }

    @Test
    void shouldRoundHalfwayToEven() {
        for (int i = 0x0080; i < 0x7F80; i++) {
            for (final int sign : new int[] {0, 0x8000}) {
                final int below = sign | i;
                final int halfway = below << 16 | 0x8000;
                final int even = (below & 1) == 0 ? below : below + 1;
                assertEquals((short)below, Bf16.fromFloat(Float.intBitsToFloat(halfway - 1)));
                assertEquals((short)even, Bf16.fromFloat(Float.intBitsToFloat(halfway)));
                assertEquals((short)(below + 1), Bf16.fromFloat(Float.intBitsToFloat(halfway + 1)));
            }
        }
    }

    @Test
    void shouldRoundToTheNearest() {
        final long seed = Rows.seed();
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            final float value = Float.intBitsToFloat(random.nextInt());
            final float rounded = Bf16.round(value);
            if (Float.isFinite(rounded) && Math.abs(value) >= Float.MIN_NORMAL) {
                final int bits = Float.floatToRawIntBits(rounded);
                final BigDecimal error = distance(value, rounded);
                assertTrue(error.compareTo(distance(value, Float.intBitsToFloat(bits + 0x1_0000))) <= 0
                    && error.compareTo(distance(value, Float.intBitsToFloat(bits - 0x1_0000))) <= 0,
                    () -> Float.toHexString(value) + " became " + Float.toHexString(rounded) + " (seed " + seed + ")");
            }
        }
    }

    private static BigDecimal distance(final float a, final float b) {
        return Float.isFinite(b) ? new BigDecimal(a).subtract(new BigDecimal(b)).abs() : new BigDecimal("1e60");
    }

    @Test
    void shouldOverflowToInfinityAndKeepNaNs() {
        assertEquals(Float.POSITIVE_INFINITY, Bf16.round(Float.MAX_VALUE));
        assertEquals(Float.NEGATIVE_INFINITY, Bf16.round(-Float.MAX_VALUE));
        assertEquals(0x1.fep127f, Bf16.round(0x1.fep127f));
        assertTrue(Float.isNaN(Bf16.round(Float.intBitsToFloat(0x7F80_0001))));
        assertTrue(Float.isNaN(Bf16.round(Float.intBitsToFloat(0xFFFF_FFFF))));
    }

    @Test
    void shouldRoundTheLargestSubnormalUpToTheSmallestNormal() {
        assertEquals(Float.MIN_NORMAL, Bf16.round(Math.nextDown(Float.MIN_NORMAL)));
        assertEquals(0.0f, Bf16.round(0x1.fcp-127f));
    }
}
