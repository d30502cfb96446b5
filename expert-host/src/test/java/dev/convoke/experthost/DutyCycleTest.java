package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DutyCycleTest {
    private static final long PIECE_NS = TimeUnit.MICROSECONDS.toNanos(20);

    private long nowNs = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);
    private long workedNs;
    private long rows;
    private final DutyCycle cycle = new DutyCycle(() -> nowNs, () -> workedNs, () -> rows);

    /** Works until so much is done, rests whenever it is told to, and returns how long that took. */
    private long takes(final long toDoNs, final double ofProcessor) {
        final long startNs = nowNs;
        final long endWorkedNs = workedNs + toDoNs;
        while (workedNs < endWorkedNs) {
            workedNs += PIECE_NS;
            nowNs += Math.round(PIECE_NS / ofProcessor);
            for (long restNs = cycle.restNs(); restNs > 0; restNs = cycle.restNs()) {
                assertTrue(restNs < TimeUnit.MILLISECONDS.toNanos(4), "rests are short, as portions are");
                // Parks may end early.
                nowNs += Math.max(1, restNs / 2);
            }
        }
        return nowNs - startNs;
    }

    @Test
    void shouldWorkAllTheTimeWhileNobodyIsServed() {
        cycle.begin();
        final long toDoNs = TimeUnit.SECONDS.toNanos(2);
        assertEquals(toDoNs, takes(toDoNs, 1));
    }

    @Test
    void shouldWorkAFifthOfTheTimeWhileRowsComeAndAllOfItAMomentAfter() {
        cycle.begin();
        long tookNs = 0;
        for (int i = 0; i < 10; i++) {
            rows++;
            tookNs += takes(TimeUnit.MILLISECONDS.toNanos(20), 1);
        }
        assertEquals(1.0, tookNs / 1e9, 0.02);
        final long afterNs = takes(TimeUnit.SECONDS.toNanos(2), 1);
        assertEquals(2 + 0.8, afterNs / 1e9, 0.1, "a second counts as serving still, of which it works a fifth");
    }

    @Test
    void shouldNotRestForTimeInWhichOthersHadTheProcessor() {
        cycle.begin();
        rows++;
        final long toDoNs = TimeUnit.MILLISECONDS.toNanos(50);
        assertEquals((4 + 2) * toDoNs, takes(toDoNs, 0.5), 0.05 * 6 * toDoNs);
    }

    @Test
    void shouldNotRestForWhatWasDoneBefore() {
        workedNs += TimeUnit.SECONDS.toNanos(5);
        cycle.begin();
        rows++;
        assertTrue(takes(TimeUnit.MILLISECONDS.toNanos(1), 1) < TimeUnit.MILLISECONDS.toNanos(6));
    }
}
