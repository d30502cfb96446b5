package dev.convoke.bench.report;

/**
 * A figure that runs have in common, so that they can be compared by it.
 *
 * @param key    as in result files
 * @param label  over a column
 * @param unit   over a column; empty for none
 * @param better which way is better
 */
public record Measure(String key, String label, String unit, Better better) {
    /** Which way is better. */
    public enum Better {
        /** As latencies are. */
        LOWER,
        /** As throughput is. */
        HIGHER,
        /** Neither, as with counts that only say what was run. */
        NEITHER
    }
}
