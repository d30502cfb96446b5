package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What counts as lost, and what follows from it. */
class FrameLossTest {
    private static final int RESULTS = 6;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FrameLoss loss = new FrameLoss();
    private long exchange;

    private void ask() {
        loss.onSent(++exchange, loss.copies() * RESULTS);
    }

    private void exchanges(final int count) {
        for (int i = 0; i < count; i++) {
            exchangeWithLoss(0, 0);
        }
    }

    /** One at a time, as decoding does, each frame on its own way. */
    private void exchangeWithLoss(final double out, final double in) {
        final int copies = loss.copies();
        ask();
        boolean asked = false;
        for (int i = 0; i < copies; i++) {
            asked |= random.nextDouble() >= out;
        }
        for (int i = 0; i < copies; i++) {
            if (asked && random.nextDouble() >= in) {
                loss.onReceived(exchange, RESULTS);
            }
        }
    }

    @Test
    void shouldSendFramesOnceAsLongAsNothingGetsLost() {
        exchanges(1000);
        assertEquals(1, loss.copies());
        assertEquals(0, loss.perMillion());
    }

    @Test
    void shouldTakeForLostWhatThreeLaterAnswersOvertook() {
        exchanges(10);
        ask();
        exchanges(2);
        assertEquals(0, loss.perMillion(), "it may have been overtaken");
        exchanges(1);
        assertEquals(1_000_000 / 256.0, loss.perMillion(), 20);
        assertEquals(2, loss.copies());
    }

    @Test
    void shouldNotTakeForLostWhatComesLateButBeforeThat() {
        for (int i = 0; i < 100; i++) {
            ask();
            final long late = exchange;
            exchanges(2);
            loss.onReceived(late, RESULTS);
        }
        assertEquals(0, loss.perMillion());
    }

    @Test
    void shouldNotTakeSilenceForLoss() {
        exchanges(10);
        for (int i = 0; i < 100; i++) {
            ask();
        }
        assertEquals(0, loss.perMillion());
        loss.forgetAsks();
        exchanges(10);
        assertEquals(0, loss.perMillion(), "the connection was lost meanwhile");
    }

    @Test
    void shouldNotTakeForLostWhatWasRefused() {
        ask();
        loss.forgetAsk(exchange);
        exchanges(10);
        assertEquals(0, loss.perMillion());
    }

    @Test
    void shouldCountEachPartOfAnAnswerThatIsMissing() {
        loss.onSent(++exchange, RESULTS);
        loss.onSent(exchange, RESULTS);
        loss.onReceived(exchange, RESULTS);
        exchanges(3);
        assertEquals(500_000 / 256.0, loss.perMillion(), 20);
    }

    @Test
    void shouldSendInAsManyCopiesAsLeaveOneInAThousandLost() {
        for (final double rate : new double[]{0.01, 0.05, 0.2}) {
            int copies = 0;
            for (int i = 0; i < 4000; i++) {
                exchangeWithLoss(rate, rate);
                copies += i >= 2000 ? loss.copies() : 0;
            }
            final double mean = copies / 2000.0;
            final double wanted = rate < 0.02 ? 2 : 3;
            assertTrue(mean > wanted - 0.2 && mean <= 3, mean + " copies at " + rate + ", seed " + seed);
        }
    }

    @Test
    void shouldSparelyLoseAnythingWhereOnlyOneWayLosesFrames() {
        // Answers that all come say nothing of the other way: copies stop now and then, and begin again.
        int lost = 0;
        for (int i = 0; i < 20_000; i++) {
            final int copies = loss.copies();
            boolean asked = false;
            for (int copy = 0; copy < copies; copy++) {
                asked |= random.nextDouble() >= 0.05;
            }
            ask();
            lost += asked ? 0 : 1;
            for (int copy = 0; copy < copies && asked; copy++) {
                loss.onReceived(exchange, RESULTS);
            }
        }
        assertTrue(lost < 20_000 * 0.01, lost + " lost, seed " + seed);
    }

    @Test
    void shouldSendFramesOnceAgainSomeTimeAfterTheLoss() {
        for (int i = 0; i < 1000; i++) {
            exchangeWithLoss(0.05, 0.05);
        }
        assertTrue(loss.copies() > 1);
        exchanges(2000);
        assertEquals(1, loss.copies());
        assertTrue(loss.perMillion() < 1000, loss.perMillion() + " of a million");
    }

    @Test
    void shouldIgnoreAnswersThatNobodyAskedFor() {
        exchanges(5);
        for (int i = 0; i < 100_000; i++) {
            loss.onReceived(random.nextLong(), random.nextInt(1 << 16));
            loss.onReceived(exchange, 65_534);
        }
        exchanges(5);
        assertEquals(0, loss.perMillion());
    }
}
