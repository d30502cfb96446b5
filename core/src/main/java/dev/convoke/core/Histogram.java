package dev.convoke.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** How often values fell into ranges. One thread observes, any thread reads; observing neither allocates nor locks. */
public final class Histogram implements Metric {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle SUM;

    static {
        try {
            SUM = MethodHandles.lookup().findVarHandle(Histogram.class, "sum", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Identity identity;
    private final long[] bounds;
    private final long[] counts;
    private long sum;

    Histogram(final Identity identity, final long... bounds) {
        for (int i = 1; i < bounds.length; i++) {
            if (bounds[i - 1] >= bounds[i]) {
                throw new IllegalArgumentException(identity.name() + " has bounds that do not rise: "
                    + Arrays.toString(bounds));
            }
        }
        this.identity = identity;
        this.bounds = bounds.clone();
        this.counts = new long[bounds.length + 1];
    }

    @Override
    public Identity identity() {
        return identity;
    }

    /** By the owning thread only. */
    public void observe(final long value) {
        int low = 0;
        int high = bounds.length;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (value <= bounds[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        SUM.setRelease(this, sum + value);
        COUNT.setRelease(counts, low, counts[low] + 1);
    }

    /** The largest value of each range but the last, which has no end. */
    public long[] bounds() {
        return bounds.clone();
    }

    /** How many values fell into each range so far; one element more than {@link #bounds()}. By any thread. */
    public long[] counts() {
        final long[] copy = new long[counts.length];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = (long)COUNT.getAcquire(counts, i);
        }
        return copy;
    }

    /** All values together; read after {@link #counts()} it misses none of theirs. By any thread. */
    public long sum() {
        return (long)SUM.getAcquire(this);
    }
}
