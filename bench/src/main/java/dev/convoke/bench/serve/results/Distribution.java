package dev.convoke.bench.serve.results;

import java.io.PrintStream;
import org.HdrHistogram.Histogram;

/** Latencies to three digits. Values are entered in nanoseconds and read in milliseconds. Not thread-safe. */
public final class Distribution {
    static final double NS_PER_MS = 1e6;
    private static final int DIGITS = 3;

    private final Histogram histogram = new Histogram(DIGITS);

    /** Enters a latency; below zero counts as zero. */
    public void add(final long valueNs) {
        histogram.recordValue(Math.max(0, valueNs));
    }

    /** How many were entered. */
    public long count() {
        return histogram.getTotalCount();
    }

    /** The smallest value that at least this percentage of values do not exceed. */
    public double percentileMs(final double percentile) {
        return histogram.getValueAtPercentile(percentile) / NS_PER_MS;
    }

    /** Arithmetic mean. */
    public double meanMs() {
        return count() == 0 ? 0 : histogram.getMean() / NS_PER_MS;
    }

    /** Standard deviation of these values, not an estimate for more of them. */
    public double standardDeviationMs() {
        return count() == 0 ? 0 : histogram.getStdDeviation() / NS_PER_MS;
    }

    /** The largest. */
    public double mostMs() {
        return histogram.getMaxValue() / NS_PER_MS;
    }

    Histogram histogram() {
        return histogram;
    }

    /** Writes the percentile distribution in milliseconds as HdrHistogram's plotters read it. */
    void print(final PrintStream out) {
        histogram.outputPercentileDistribution(out, NS_PER_MS);
    }
}
