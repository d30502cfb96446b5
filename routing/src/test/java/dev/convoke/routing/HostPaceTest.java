package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Hosts whose ways are known, and what is learnt of them from their answers alone. */
class HostPaceTest {
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long MOST_NS = TimeUnit.SECONDS.toNanos(1);
    private static final double DELAY_NS = 300_000;
    private static final double EXPERT_NS = 200_000;
    private static final double ROW_NS = 10_000;

    private final SplittableRandom random = new SplittableRandom(8);
    private final HostPace pace = new HostPace(0);

    /** Answers an ask for so many experts of so many rows; times vary evenly by a tenth. */
    private void answer(final int experts, final int rows, final double slowness) {
        answer(pace, experts, rows, slowness * (0.9 + 0.2 * random.nextDouble()));
    }

    private static void answer(final HostPace pace, final int experts, final int rows, final double slowness) {
        final Ask ask = new Ask();
        ask.open(1, pace.delayNs(), experts * pace.expertNs(rows), experts * pace.memoryNs(rows));
        final double computeNs = slowness * experts * Math.max(EXPERT_NS, rows * ROW_NS);
        ask.onSent(experts * rows, 0);
        final long roundTripNs = (long)(slowness * DELAY_NS + computeNs);
        ask.onAnswer(experts * rows, 0, (long)computeNs, roundTripNs);
        pace.learn(ask, roundTripNs, roundTripNs);
    }

    private static void assertNear(final double expected, final double actual) {
        assertEquals(expected, actual, 0.2 * expected);
    }

    @Test
    void shouldLearnWhatExpertsAndRowsCost() {
        for (int i = 0; i < 200; i++) {
            answer(1 + random.nextInt(4), 1 + random.nextInt(4), 1);
            answer(1 + random.nextInt(4), 100 + random.nextInt(100), 1);
        }
        assertNear(DELAY_NS, pace.delayNs());
        assertNear(EXPERT_NS, pace.expertNs(1));
        assertNear(ROW_NS, pace.rowNs());
        assertNear(150 * ROW_NS, pace.expertNs(150));
        assertEquals(0, pace.memoryNs(150));
        assertNear(EXPERT_NS, pace.memoryNs(2));
    }

    @Test
    void shouldKeepToAGivenRidge() {
        final HostPace given = new HostPace(50);
        for (int i = 0; i < 100; i++) {
            answer(given, 2, 1, 1);
        }
        assertNear(EXPERT_NS / 50, given.rowNs());
    }

    @Test
    void shouldKnowWithinAFewAnswersThatAHostHasBecomeTenTimesSlower() {
        for (int i = 0; i < 100; i++) {
            answer(2, 1, 1);
        }
        for (int i = 0; i < 8; i++) {
            answer(2, 1, 10);
        }
        assertTrue(pace.expertNs(1) > 5 * EXPERT_NS, pace.expertNs(1) + " ns");
    }

    @Test
    void shouldNotWaitShorterThanTheLeastNorLongerThanTheMost() {
        assertEquals(MOST_NS, pace.silenceNs(1000, LEAST_NS, MOST_NS), "nothing is known");
        for (int i = 0; i < 100; i++) {
            answer(2, 1, 1);
        }
        assertEquals(LEAST_NS, pace.silenceNs(1000, LEAST_NS, MOST_NS));
        assertEquals(MOST_NS, pace.silenceNs(1e12, LEAST_NS, MOST_NS));
    }

    @Test
    void shouldWaitLongerForLongerWork() {
        for (int i = 0; i < 100; i++) {
            answer(8, 200, 1);
        }
        final double predictedNs = DELAY_NS + 16 * 200 * ROW_NS;
        final long silenceNs = pace.silenceNs(predictedNs, 0, 10 * MOST_NS);
        assertTrue(silenceNs >= 1.5 * predictedNs && silenceNs <= 3 * predictedNs, silenceNs + " for " + predictedNs);
    }

    @Test
    void shouldWaitLongerForAHostWhoseTimesVary() {
        final HostPace varying = new HostPace(0);
        for (int i = 0; i < 100; i++) {
            answer(2, 1, 1);
            answer(varying, 2, 1, i % 4 == 0 ? 3 : 0.5);
        }
        assertTrue(varying.silenceNs(1e6, 0, MOST_NS) > 1.5 * pace.silenceNs(1e6, 0, MOST_NS));
    }

    @Test
    void shouldNotWaitForEverForAHostWhoseTimesVaryWildly() {
        for (int i = 0; i < 100; i++) {
            final Ask ask = new Ask();
            ask.open(i, 1000, 0, 0);
            ask.onSent(1, 0);
            final long roundTripNs = i % 4 == 0 ? 30_000 : 500;
            ask.onAnswer(1, 0, 0, roundTripNs);
            pace.learn(ask, roundTripNs, roundTripNs);
        }
        assertEquals(16_000, pace.silenceNs(1000, 0, MOST_NS));
    }

    @Test
    void shouldNotTakeTheWaitForALostFrameForAVariationOfTheHost() {
        for (int i = 0; i < 100; i++) {
            answer(2, 1, 1);
        }
        final double predictedNs = DELAY_NS + 2 * EXPERT_NS;
        final long silenceNs = pace.silenceNs(predictedNs, 0, Long.MAX_VALUE);
        for (int i = 0; i < 100; i++) {
            final Ask lost = new Ask();
            lost.open(i, pace.delayNs(), 2 * EXPERT_NS, 2 * EXPERT_NS);
            lost.onSent(2, 0);
            lost.onAgain();
            lost.onSent(2, 50 * (long)predictedNs);
            lost.onAnswer(2, 0, (long)(2 * EXPERT_NS), 51 * (long)predictedNs);
            pace.learn(lost, 51 * (long)predictedNs, (long)predictedNs);
        }
        assertEquals(silenceNs, pace.silenceNs(predictedNs, 0, Long.MAX_VALUE));
        assertEquals(DELAY_NS, pace.delayNs(), DELAY_NS / 10);
    }

    @Test
    void shouldTakeForLateWhatOneInAHundredIs() {
        for (int i = 0; i < 2000; i++) {
            answer(2, 1, 1);
        }
        final double predictedNs = DELAY_NS + 2 * EXPERT_NS;
        assertTrue(pace.lateNs(predictedNs) > predictedNs && pace.lateNs(predictedNs) < 1.4 * predictedNs,
            pace.lateNs(predictedNs) + " for " + predictedNs);
    }

    @Test
    void shouldNotBelieveMoreThanWasMeasured() {
        final Ask ask = new Ask();
        ask.open(1, 0, pace.expertNs(1), pace.memoryNs(1));
        ask.onSent(1, 0);
        ask.onAnswer(1, Long.MAX_VALUE, Long.MAX_VALUE, 1000);
        pace.learn(ask, 1000, 1000);
        assertTrue(pace.delayNs() <= 1000 && pace.delayNs() >= 0);
        final Ask other = new Ask();
        other.open(2, pace.delayNs(), pace.expertNs(1), pace.memoryNs(1));
        other.onSent(1, 0);
        other.onAnswer(1, -5, Long.MIN_VALUE, 1000);
        pace.learn(other, 1000, 1000);
        assertTrue(pace.expertNs(1) > 0 && pace.expertNs(1) <= 1000, "" + pace.expertNs(1));
    }
}
