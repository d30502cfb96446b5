package dev.convoke.routing;

import java.util.concurrent.TimeUnit;

/**
 * Keeps work from a host that does not answer, as long as others can do it, and lets it back step by step: while open
 * the host is greeted now and then; once anything is heard from it the breaker is half open, and the host gets copies
 * of work that others do; when it answers some of those in time the breaker closes.
 */
final class Breaker {
    /** What the host may be given. */
    enum State {
        /** Everything. */
        CLOSED,
        /** Copies of what others do. */
        HALF_OPEN,
        /** Nothing but greetings. */
        OPEN
    }

    private static final int LATE_ANSWERS = 3;
    private static final int TIMELY_ANSWERS = 3;
    private static final long FIRST_PROBE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LAST_PROBE_NS = TimeUnit.SECONDS.toNanos(1);

    private State state = State.HALF_OPEN;
    private int late;
    private int timely;
    private long probeIntervalNs = FIRST_PROBE_NS;
    private long probeDueNs;

    State state() {
        return state;
    }

    /** Another process: it has to show that it answers. */
    void reset() {
        state = State.HALF_OPEN;
        late = 0;
        timely = 0;
        probeIntervalNs = FIRST_PROBE_NS;
    }

    /**
     * Something was not answered in time.
     *
     * @param silent whether nothing else was heard from the host meanwhile
     */
    void onLate(final boolean silent, final long nowNs) {
        timely = 0;
        late++;
        if (state != State.OPEN && (silent || late >= LATE_ANSWERS)) {
            state = State.OPEN;
            probeDueNs = nowNs;
        }
    }

    /** Something was answered, in time. */
    void onTimely() {
        late = 0;
        timely++;
        if (state == State.HALF_OPEN && timely >= TIMELY_ANSWERS) {
            state = State.CLOSED;
            probeIntervalNs = FIRST_PROBE_NS;
        }
    }

    /** The host has said something. */
    void onHeard() {
        if (state == State.OPEN) {
            state = State.HALF_OPEN;
            late = 0;
            timely = 0;
        }
    }

    /** Whether the host is to be greeted, to see whether it answers. */
    boolean isProbeDue(final long nowNs) {
        return state == State.OPEN && nowNs - probeDueNs >= 0;
    }

    void onProbe(final long nowNs) {
        probeDueNs = nowNs + probeIntervalNs;
        probeIntervalNs = Math.min(LAST_PROBE_NS, 2 * probeIntervalNs);
    }
}
