package dev.convoke.experthost;

import dev.convoke.core.Counter;
import java.util.Arrays;
import java.util.function.Consumer;

/** Passes on sentences for the operator, of each kind at most one an interval. Kinds are numbered from 0. */
final class Warnings {
    private final Consumer<String> sink;
    private final long intervalNs;
    private final long[] lastNs;
    private final boolean[] said;
    private Watched[] watched = new Watched[0];

    Warnings(final Consumer<String> sink, final long intervalNs, final int kinds) {
        this.sink = sink;
        this.intervalNs = intervalNs;
        this.lastNs = new long[kinds];
        this.said = new boolean[kinds];
    }

    /** Whether a sentence of that kind would be passed on; ask before making one. */
    boolean isDue(final int kind, final long nowNs) {
        return !said[kind] || nowNs - lastNs[kind] >= intervalNs;
    }

    void warn(final int kind, final long nowNs, final String sentence) {
        if (isDue(kind, nowNs)) {
            said[kind] = true;
            lastNs[kind] = nowNs;
            sink.accept(sentence);
        }
    }

    /** Makes {@link #report} say by how much that counter rose. */
    void watch(final int kind, final Counter counter) {
        watched = Arrays.copyOf(watched, watched.length + 1);
        watched[watched.length - 1] = new Watched(kind, counter);
    }

    /** Whether a watched counter rose since it was last spoken of. */
    boolean isNews() {
        for (final Watched item : watched) {
            if (item.counter.value() > item.reported) {
                return true;
            }
        }
        return false;
    }

    /** Says which watched counters rose since they were last spoken of. */
    void report(final long nowNs) {
        for (final Watched item : watched) {
            final long value = item.counter.value();
            if (value > item.reported && isDue(item.kind, nowNs)) {
                warn(item.kind, nowNs, item.counter.description() + ": " + (value - item.reported) + " more, "
                    + value + " in all.");
                item.reported = value;
            }
        }
    }

    private static final class Watched {
        private final int kind;
        private final Counter counter;
        private long reported;

        Watched(final int kind, final Counter counter) {
            this.kind = kind;
            this.counter = counter;
        }
    }
}
