package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final Counters counters = new Counters();

    @Test
    void shouldCount() {
        final Counter counter = counters.register("frames", "Frames seen.");
        counter.increment();
        counter.add(4);
        assertEquals(5, counter.value());
        assertEquals(5, counters.value("frames"));
    }

    @Test
    void shouldKeepTheLastValueOfAGauge() {
        final Gauge gauge = counters.registerGauge("epoch", "In force.");
        assertEquals(0, gauge.value());
        gauge.set(7);
        gauge.set(3);
        assertEquals(3, counters.value("epoch"));
    }

    @Test
    void shouldCountIntoTheRangeThatEndsAtOrAfterTheValue() {
        final long[] bounds = {1, 2, 5, 10, 100};
        final Histogram histogram = counters.registerHistogram("rows", "Rows.", bounds);
        final long seed = Long.getLong("seed", 11);
        final SplittableRandom random = new SplittableRandom(seed);
        final long[] expected = new long[bounds.length + 1];
        long sum = 0;
        for (int i = 0; i < 1000; i++) {
            final long value = random.nextLong(i % 2 == 0 ? 12 : 300);
            int range = 0;
            while (range < bounds.length && value > bounds[range]) {
                range++;
            }
            expected[range]++;
            sum += value;
            histogram.observe(value);
        }
        assertArrayEquals(expected, histogram.counts(), "seed " + seed);
        assertEquals(1000, Arrays.stream(histogram.counts()).sum());
        assertEquals(sum, histogram.sum());
        assertThrows(IllegalArgumentException.class, () -> counters.registerHistogram("again", "Bad.", 1, 1));
    }

    @Test
    void shouldListInOrderOfNames() {
        counters.register("b", "Second.");
        counters.register("a", "First.");
        assertEquals(List.of("a", "b"), counters.all().stream().map(Metric::name).toList());
    }

    @Test
    void shouldRefuseANameTwice() {
        counters.register("frames", "Frames seen.");
        assertThrows(IllegalStateException.class, () -> counters.register("frames", "Again."));
        assertThrows(IllegalStateException.class, () -> counters.registerGauge("frames", "Again."));
        assertThrows(IllegalStateException.class, () -> counters.labelled("host", "a").registerGauge("frames", "No."));
        assertThrows(IllegalArgumentException.class, () -> counters.value("rows"));
    }

    @Test
    void shouldKeepLabelledOnesApart() {
        final Counters first = counters.labelled("host", "a");
        final Counters second = counters.labelled("host", "b");
        first.register("frames", "Frames seen.").increment();
        second.register("frames", "Frames seen.").add(2);
        counters.register("frames", "Frames seen.").add(3);
        assertEquals(List.of(3L, 1L, 2L), List.of(counters.value("frames"), first.value("frames"),
            second.value("frames")));
        assertEquals(3, second.all().size());
        assertEquals(Map.of("host", "b", "layer", "0"), second.labelled("layer", "0").register("rows", "Rows.")
            .labels());
        assertThrows(IllegalStateException.class, () -> first.register("frames", "Again."));
    }
}
