package dev.convoke.core;

/** A value that goes up and down. Any thread sets and reads it; setting neither allocates nor locks. */
public final class Gauge implements Metric {
    private final Identity identity;
    private volatile long value;

    Gauge(final Identity identity) {
        this.identity = identity;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    /** Replaces the value. */
    public void set(final long next) {
        if (value != next) {
            value = next;
        }
    }

    /** The value set last; 0 at first. */
    public long value() {
        return value;
    }
}
