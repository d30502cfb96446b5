package dev.convoke.bench.resilience;

/**
 * A span of {@link System#nanoTime()}.
 *
 * @param fromNs its beginning
 * @param toNs   its end
 */
record Window(long fromNs, long toNs) {
    double seconds() {
        return (toNs - fromNs) / 1e9;
    }

    boolean contains(final long timeNs) {
        return timeNs - fromNs >= 0 && timeNs - toNs < 0;
    }

    /** Whether a span shares a moment with it. */
    boolean overlaps(final long startNs, final long endNs) {
        return endNs - fromNs > 0 && startNs - toNs < 0;
    }
}
