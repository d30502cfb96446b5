package dev.convoke.bench.serve.arrivals;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.serve.ArrivalProcess;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrivalProcessTest {
    private static final int COUNT = 50_000;
    private static final double PER_SECOND = 250;
    private static final long SEED = Long.getLong("convoke.seed", 7);

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.7, 1, 4, 30})
    void shouldHaveTheMeanAndVariationOfAGammaDistribution(final double burstiness) {
        final double[] intervals = intervals(steady(burstiness));
        final double mean = Arrays.stream(intervals).average().orElseThrow();
        final double variance = Arrays.stream(intervals).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
        final double variation = 1 / Math.sqrt(burstiness);
        // Six standard errors of the mean; the variation's own error is not larger.
        final double tolerance = 6 * variation / Math.sqrt(COUNT);
        assertEquals(1, mean * PER_SECOND, tolerance, "seed " + SEED);
        assertEquals(1, Math.sqrt(variance) / mean / variation, 0.08, "seed " + SEED);
    }

    @Test
    void shouldBeMemorylessWhenBurstinessIsOne() {
        final double[] intervals = intervals(steady(1));
        for (final double multiple : new double[] {0.1, 0.5, 1, 2}) {
            final double share = Arrays.stream(intervals).filter(x -> x > multiple / PER_SECOND).count()
                / (double)intervals.length;
            assertEquals(Math.exp(-multiple), share, 0.015, "seed " + SEED);
        }
    }

    @Test
    void shouldDependOnTheSeedAlone() {
        final ArrivalProcess process = steady(1);
        assertArrayEquals(process.offsetsNs(100, 3), process.offsetsNs(100, 3));
        assertFalse(Arrays.equals(process.offsetsNs(100, 3), process.offsetsNs(100, 4)));
        assertEquals(0, process.offsetsNs(100, 3)[0]);
    }

    @Test
    void shouldKeepConstantDistancesAndBursts() {
        assertArrayEquals(new long[] {0, 4_000_000, 8_000_000, 12_000_000},
            new ConstantArrivals(250, 1).offsetsNs(4, 0));
        assertArrayEquals(new long[] {0, 0, 0, 12_000_000, 12_000_000},
            new ConstantArrivals(250, 3).offsetsNs(5, 0));
        assertArrayEquals(new long[3], new ConstantArrivals(Double.POSITIVE_INFINITY, 1).offsetsNs(3, 0));
        // No error adds up.
        assertEquals(1_000_000_000_000L, new ConstantArrivals(3, 1).offsetsNs(3001, 0)[3000]);
    }

    @Test
    void shouldChangeTheRateAlongARamp() {
        final long[] linear = new GammaArrivals(GammaArrivals.Rate.linear(10, 1000), 1000).offsetsNs(COUNT, SEED);
        final long[] exponential =
            new GammaArrivals(GammaArrivals.Rate.exponential(10, 1000), 1000).offsetsNs(COUNT, SEED);
        assertEquals(10, rate(linear, 0), 2);
        assertEquals(505, rate(linear, COUNT / 2), 15);
        assertEquals(1000, rate(linear, COUNT - 201), 30);
        assertEquals(100, rate(exponential, COUNT / 2), 5);
        for (int i = 1; i < COUNT; i++) {
            assertTrue(linear[i] >= linear[i - 1]);
        }
    }

    /** Over the 200 intervals from there. */
    private static double rate(final long[] offsets, final int from) {
        return 200 * 1e9 / (offsets[from + 200] - offsets[from]);
    }

    private static ArrivalProcess steady(final double burstiness) {
        return new GammaArrivals(GammaArrivals.Rate.steady(PER_SECOND), burstiness);
    }

    private static double[] intervals(final ArrivalProcess process) {
        final long[] offsets = process.offsetsNs(COUNT, SEED);
        final double[] intervals = new double[COUNT - 1];
        Arrays.setAll(intervals, i -> (offsets[i + 1] - offsets[i]) / 1e9);
        return intervals;
    }
}
