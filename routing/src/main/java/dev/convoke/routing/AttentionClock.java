package dev.convoke.routing;

import org.agrona.concurrent.NanoClock;

/**
 * Time as far as the thread paid attention to its hosts: while it computes, runs hosts of its own, waits for a
 * processor or is stopped, their silence says nothing, so that of any gap between two readings only a moment counts.
 */
final class AttentionClock {
    private final NanoClock clock;
    private final long mostPerGapNs;
    private long nowNs;
    private long attendedNs;

    AttentionClock(final NanoClock clock, final long mostPerGapNs) {
        this.clock = clock;
        this.mostPerGapNs = mostPerGapNs;
        this.nowNs = clock.nanoTime();
    }

    /** Reads the clock after a gap in which the thread attended, or did something else altogether. */
    void advance(final boolean attended) {
        final long beforeNs = nowNs;
        nowNs = clock.nanoTime();
        attendedNs += attended ? Math.clamp(nowNs - beforeNs, 0, mostPerGapNs) : 0;
    }

    /** Time of the last reading. */
    long nowNs() {
        return nowNs;
    }

    /** Time attended until the last reading. */
    long attendedNs() {
        return attendedNs;
    }
}
