package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ActiveWindowIdleStrategyTest {
    private static final long WINDOW_NS = 1_000;

    private long nowNs;
    private final ActiveWindowIdleStrategy idleStrategy =
        new ActiveWindowIdleStrategy(() -> nowNs, WINDOW_NS, 1);

    @Test
    void shouldParkUntilThereWasWork() {
        assertFalse(idleStrategy.isActive());
        idleStrategy.idle(0);
        assertFalse(idleStrategy.isActive());
    }

    @Test
    void shouldStayActiveWithinTheWindowAfterWork() {
        idleStrategy.idle(1);
        nowNs += WINDOW_NS - 1;
        idleStrategy.idle(0);
        assertTrue(idleStrategy.isActive());
    }

    @Test
    void shouldParkOnceTheWindowHasPassed() {
        idleStrategy.idle(1);
        nowNs += WINDOW_NS;
        idleStrategy.idle(0);
        assertFalse(idleStrategy.isActive());
    }

    @Test
    void shouldBecomeActiveAgainWithNewWork() {
        idleStrategy.idle(1);
        nowNs += 2 * WINDOW_NS;
        idleStrategy.idle(0);
        idleStrategy.idle(3);
        nowNs += 1;
        idleStrategy.idle(0);
        assertTrue(idleStrategy.isActive());
    }
}
