package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RatioQuantileTest {
    private final RatioQuantile quantile = new RatioQuantile();

    @Test
    void shouldSayNothingOfAFew() {
        for (int i = 0; i < 99; i++) {
            quantile.add(1);
        }
        assertEquals(Double.POSITIVE_INFINITY, quantile.p99());
        quantile.add(1);
        assertTrue(quantile.p99() >= 1 && quantile.p99() <= 1.125, "" + quantile.p99());
    }

    @Test
    void shouldBeTheEndOfTheRangeThatThePercentileLiesIn() {
        final SplittableRandom random = new SplittableRandom(4);
        final double[] ratios = new double[1000];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = 0.5 / (1 - random.nextDouble());
            quantile.add(ratios[i]);
        }
        Arrays.sort(ratios);
        final double exact = ratios[989];
        assertTrue(quantile.p99() >= exact && quantile.p99() <= 1.13 * exact, quantile.p99() + " for " + exact);
    }

    @Test
    void shouldForgetWhatWasLongAgo() {
        for (int i = 0; i < 2000; i++) {
            quantile.add(30);
        }
        for (int i = 0; i < 20_000; i++) {
            quantile.add(1);
        }
        assertTrue(quantile.p99() <= 1.125, "" + quantile.p99());
    }

    @Test
    void shouldTakeAnything() {
        for (int i = 0; i < 100; i++) {
            quantile.add(i % 2 == 0 ? 0 : 1e300);
        }
        assertEquals(64, quantile.p99());
    }
}
