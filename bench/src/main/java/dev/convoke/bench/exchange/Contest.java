package dev.convoke.bench.exchange;

import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Two ways of making the same round trip take turns on one thread, so that a noisy machine treats them alike: only runs
 * that follow one another are compared. Every second time the other one begins.
 */
public final class Contest {
    private static final int WARM_UP_TURNS = 8;

    private final RoundTrips routed;
    private final RoundTrips raw;
    private final long warmUpNs;
    private final long runNs;
    private final int repeats;

    /**
     * Settings of a measurement.
     *
     * @param warmUpNs for each of the two, before anything counts
     * @param runNs    length of a run
     * @param repeats  runs of each
     */
    public Contest(final RoundTrips routed, final RoundTrips raw, final long warmUpNs, final long runNs,
        final int repeats) {
        this.routed = routed;
        this.raw = raw;
        this.warmUpNs = warmUpNs;
        this.runNs = runNs;
        this.repeats = repeats;
    }

    /** Lets them take their turns. */
    public Outcome run() {
        for (int turn = 0; turn < WARM_UP_TURNS; turn++) {
            measure(raw, warmUpNs / WARM_UP_TURNS);
            measure(routed, warmUpNs / WARM_UP_TURNS);
        }
        final List<Histogram> routedRuns = new ArrayList<>();
        final List<Histogram> rawRuns = new ArrayList<>();
        for (int i = 0; i < repeats; i++) {
            if (i % 2 == 0) {
                rawRuns.add(measure(raw, runNs));
                routedRuns.add(measure(routed, runNs));
            } else {
                routedRuns.add(measure(routed, runNs));
                rawRuns.add(measure(raw, runNs));
            }
        }
        return new Outcome(routedRuns, rawRuns);
    }

    private static Histogram measure(final RoundTrips trips, final long leastNs) {
        final Histogram histogram = new Histogram(Outcome.MOST_NS, 3);
        final long endNs = System.nanoTime() + leastNs;
        long nowNs = System.nanoTime();
        do {
            final long startNs = nowNs;
            trips.once();
            nowNs = System.nanoTime();
            histogram.recordValue(Math.min(Outcome.MOST_NS, nowNs - startNs));
        } while (nowNs - endNs < 0);
        return histogram;
    }

    /**
     * What the runs gave, in step with one another.
     *
     * @param routed durations of the product's exchanges, a histogram for each run
     * @param raw    durations of the plain round trips, likewise
     */
    public record Outcome(List<Histogram> routed, List<Histogram> raw) {
        /** The longest duration told from longer ones. */
        static final long MOST_NS = 100_000_000_000L;
        /** What is shown. */
        static final double[] PERCENTILES = {50, 90, 99, 99.9};

        /** A percentile of the product's exchanges, run by run, in microseconds. */
        public Spread routedUs(final double percentile) {
            return us(routed, percentile);
        }

        /** A percentile of the plain round trips, run by run, in microseconds. */
        public Spread rawUs(final double percentile) {
            return us(raw, percentile);
        }

        /** How many times as long as a plain one an exchange takes, pair by pair. */
        public Spread ratio(final double percentile) {
            final double[] ratios = new double[routed.size()];
            Arrays.setAll(ratios, i -> (double)routed.get(i).getValueAtPercentile(percentile)
                / raw.get(i).getValueAtPercentile(percentile));
            return Spread.of(ratios);
        }

        private static Spread us(final List<Histogram> runs, final double percentile) {
            return Spread.of(runs.stream().mapToDouble(run -> run.getValueAtPercentile(percentile) / 1e3).toArray());
        }

        /** For JSON: microseconds and ratios at each percentile. */
        Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("routed_us", percentiles(routed));
            map.put("raw_us", percentiles(raw));
            final Map<String, Object> ratios = new LinkedHashMap<>();
            for (final double percentile : PERCENTILES) {
                ratios.put(name(percentile), ratio(percentile).toMap());
            }
            map.put("ratio", ratios);
            map.put("routed_count", count(routed));
            map.put("raw_count", count(raw));
            return map;
        }

        private static Map<String, Object> percentiles(final List<Histogram> runs) {
            final Map<String, Object> map = new LinkedHashMap<>();
            for (final double percentile : PERCENTILES) {
                map.put(name(percentile), us(runs, percentile).toMap());
            }
            map.put("max", us(runs, 100).toMap());
            return map;
        }

        private static long count(final List<Histogram> runs) {
            return runs.stream().mapToLong(Histogram::getTotalCount).sum();
        }

        private static String name(final double percentile) {
            final String text = String.valueOf(percentile);
            return "p" + (text.endsWith(".0") ? text.substring(0, text.length() - 2) : text.replace(".", ""));
        }
    }
}
