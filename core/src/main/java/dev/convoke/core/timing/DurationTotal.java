package dev.convoke.core.timing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The sum of durations that one thread measures and any thread reads, where a histogram of each would be too much. */
public final class DurationTotal {
    private static final VarHandle TOTAL;

    static {
        try {
            TOTAL = MethodHandles.lookup().findVarHandle(DurationTotal.class, "totalNs", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Timings.Identity identity;
    private long totalNs;

    DurationTotal(final Timings.Identity identity) {
        this.identity = identity;
    }

    /** By the owning thread only. */
    public void add(final long durationNs) {
        TOTAL.setRelease(this, totalNs + durationNs);
    }

    /** What is measured. */
    public Timings.Identity identity() {
        return identity;
    }

    /** By any thread. */
    public long ns() {
        return (long)TOTAL.getAcquire(this);
    }
}
