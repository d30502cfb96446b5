package dev.convoke.core;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * Yields while work was seen within a window, then parks: an exchange in flight is met within a microsecond or so,
 * an idle process sleeps. One instance a thread.
 */
public final class ActiveWindowIdleStrategy implements IdleStrategy {
    /** The name under which configurations choose it. */
    public static final String ALIAS = "active-window";

    private final NanoClock clock;
    private final long windowNs;
    private final long parkNs;
    private long lastWorkNs;
    private boolean active;

    /**
     * Settings that suit a step loop.
     *
     * @param clock    monotonic, nanoseconds
     * @param windowNs how long to yield after the last work
     * @param parkNs   how long each park lasts once the window has passed
     */
    public ActiveWindowIdleStrategy(final NanoClock clock, final long windowNs, final long parkNs) {
        this.clock = clock;
        this.windowNs = windowNs;
        this.parkNs = parkNs;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            active = true;
            lastWorkNs = clock.nanoTime();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (active && clock.nanoTime() - lastWorkNs < windowNs) {
            Thread.yield();
        } else {
            active = false;
            LockSupport.parkNanos(parkNs);
        }
    }

    @Override
    public void reset() {
        active = true;
        lastWorkNs = clock.nanoTime();
    }

    /** Whether the last call of {@link #idle()} yielded rather than parked. */
    boolean isActive() {
        return active;
    }

    @Override
    public String alias() {
        return ALIAS;
    }
}
