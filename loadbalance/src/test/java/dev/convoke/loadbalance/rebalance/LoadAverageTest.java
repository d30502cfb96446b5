package dev.convoke.loadbalance.rebalance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.loadbalance.ExpertLoad;
import org.junit.jupiter.api.Test;

class LoadAverageTest {
    @Test
    void shouldCountHalfAsMuchAfterAHalfLife() {
        final LoadAverage average = new LoadAverage(1, 2, 100, 7);
        average.add(7, new long[][]{{8, 0}}, new long[][]{{4, 0}}, 4);
        average.add(107, new long[][]{{0, 6}}, new long[][]{{0, 1}}, 2);
        final ExpertLoad load = average.load();
        assertEquals(4, load.tokens(0, 0), 1e-12);
        assertEquals(6, load.tokens(0, 1), 1e-12);
        assertEquals(2 / 4.0, load.activity(0, 0), 1e-12);
        assertEquals(1 / 4.0, load.activity(0, 1), 1e-12);
        assertEquals(10, average.choices(), 1e-12);
        average.add(307, new long[1][2], new long[1][2], 0);
        assertEquals(2.5, average.choices(), 1e-12);
        assertEquals(1, average.load().tokens(0, 0), 1e-12);
    }

    @Test
    void shouldNotLetAnExpertBeActiveInMoreStepsThanThereAre() {
        final LoadAverage average = new LoadAverage(1, 1, 3, 0);
        for (int i = 1; i < 1_000; i++) {
            average.add(i, new long[][]{{1}}, new long[][]{{1}}, 1);
        }
        average.add(1_000, new long[][]{{1}}, new long[][]{{1}}, 0);
        assertEquals(1, average.load().activity(0, 0), 1e-9);
    }
}
