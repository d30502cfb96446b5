package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final Breaker breaker = new Breaker();

    @BeforeEach
    void prove() {
        assertEquals(Breaker.State.HALF_OPEN, breaker.state(), "who is new has to show that it answers");
        for (int i = 0; i < 3; i++) {
            breaker.onTimely();
        }
        assertEquals(Breaker.State.CLOSED, breaker.state());
    }

    @Test
    void shouldOpenAtOnceForAHostThatIsSilent() {
        breaker.onLate(true, 0);
        assertEquals(Breaker.State.OPEN, breaker.state());
    }

    @Test
    void shouldOpenForAHostThatIsLateAgainAndAgain() {
        for (int round = 0; round < 5; round++) {
            breaker.onLate(false, 0);
            breaker.onLate(false, 0);
            breaker.onTimely();
        }
        assertEquals(Breaker.State.CLOSED, breaker.state());
        for (int i = 0; i < 3; i++) {
            breaker.onLate(false, 0);
        }
        assertEquals(Breaker.State.OPEN, breaker.state());
    }

    @Test
    void shouldCloseOnlyAfterSignsOfLifeAndAnswersInTime() {
        breaker.onLate(true, 0);
        breaker.onTimely();
        assertEquals(Breaker.State.OPEN, breaker.state());
        breaker.onHeard();
        assertEquals(Breaker.State.HALF_OPEN, breaker.state());
        breaker.onTimely();
        breaker.onTimely();
        breaker.onLate(false, 0);
        breaker.onTimely();
        breaker.onTimely();
        assertEquals(Breaker.State.HALF_OPEN, breaker.state(), "late answers begin it anew");
        breaker.onTimely();
        assertEquals(Breaker.State.CLOSED, breaker.state());
    }

    @Test
    void shouldProbeAtOnceAndThenLessAndLess() {
        assertFalse(breaker.isProbeDue(0));
        breaker.onLate(true, 0);
        int probes = 0;
        for (long nowNs = 0; nowNs < 10 * SECOND_NS; nowNs += SECOND_NS / 100) {
            if (breaker.isProbeDue(nowNs)) {
                breaker.onProbe(nowNs);
                probes++;
            }
        }
        assertTrue(probes >= 12 && probes <= 16, probes + " probes in ten seconds");
        breaker.onHeard();
        assertFalse(breaker.isProbeDue(20 * SECOND_NS));
    }
}
