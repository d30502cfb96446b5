package dev.convoke.core;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * Yields while work was seen within a window, then parks: an exchange in flight is met within a microsecond or so,
 * an idle process sleeps. Parks grow with the time without work, so that what comes late is met late by a small share
 * of the time that it took. Wakes for an alarm: parks end early enough to yield for the last moments. One instance a
 * thread.
 */
public final class ActiveWindowIdleStrategy implements IdleStrategy {
    /** The name under which configurations choose it. */
    public static final String ALIAS = "active-window";
    /** How late a park may end that was to end at a moment: half of what Linux adds unless told otherwise. */
    public static final long PARK_SLACK_NS = 30_000;

    /** A park lasts this part of the time since the last work. */
    private static final int IDLE_PER_PARK = 32;
    /** Shorter ones would cost as much as they save. */
    private static final long LEAST_PARK_NS = 50_000;

    private final NanoClock clock;
    private final long windowNs;
    private final long parkNs;
    private final Alarm alarm;
    private final LongConsumer parking;
    private long lastWorkNs;
    private boolean active;

    /**
     * Settings that suit a step loop.
     *
     * @param clock    monotonic, nanoseconds
     * @param windowNs how long to yield after the last work
     * @param parkNs   how long a park lasts at most, once the window has passed
     */
    public ActiveWindowIdleStrategy(final NanoClock clock, final long windowNs, final long parkNs) {
        this(clock, windowNs, parkNs, Alarm.NONE, LockSupport::parkNanos);
    }

    /**
     * One that wakes for an alarm.
     *
     * @param alarm   set by what runs on the thread
     * @param parking parks the thread for so many nanoseconds, or somewhat longer
     */
    public ActiveWindowIdleStrategy(final NanoClock clock, final long windowNs, final long parkNs, final Alarm alarm,
        final LongConsumer parking) {
        this.clock = clock;
        this.windowNs = windowNs;
        this.parkNs = parkNs;
        this.alarm = alarm;
        this.parking = parking;
        this.lastWorkNs = clock.nanoTime() - IDLE_PER_PARK * parkNs;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            active = true;
            lastWorkNs = clock.nanoTime();
            alarm.clear();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        final boolean mayYield = active && !alarm.isAsleep();
        if (alarm.isSet()) {
            idleForAlarm(mayYield);
            return;
        }
        final long idleNs = clock.nanoTime() - lastWorkNs;
        if (mayYield && idleNs < windowNs) {
            Thread.yield();
        } else {
            active = false;
            parking.accept(Math.min(parkNs, Math.max(LEAST_PARK_NS, idleNs / IDLE_PER_PARK)));
        }
    }

    private void idleForAlarm(final boolean mayYield) {
        final long nowNs = clock.nanoTime();
        final long leftNs = alarm.dueNs() - nowNs - PARK_SLACK_NS;
        alarm.clear();
        if (leftNs <= 0 || mayYield && nowNs - lastWorkNs < windowNs) {
            Thread.yield();
        } else {
            parking.accept(Math.min(leftNs, parkNs));
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
