package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * How a latency went during a run.
 *
 * @param intervals in the order of time; those in which nothing ended are left out
 */
public record Timeline(List<Interval> intervals) {
    private static final int MOST_INTERVALS = 80;
    private static final int FEWEST_VALUES = 6;

    /**
     * Some of the run's time.
     *
     * @param seconds its middle, from the start of the run
     * @param median  in milliseconds
     * @param p99     in milliseconds
     * @param most    in milliseconds
     */
    public record Interval(double seconds, double median, double p99, double most) {
    }

    /** Of values in milliseconds and when, in seconds, each one's request was due; both in the same order. */
    public static Timeline of(final double[] seconds, final double[] valuesMs) {
        final double end = Arrays.stream(seconds).max().orElse(0);
        final int intervals = Math.clamp(valuesMs.length / FEWEST_VALUES, 1, MOST_INTERVALS);
        final double width = Math.max(end, 1e-9) / intervals;
        final TreeMap<Integer, List<Double>> values = new TreeMap<>();
        for (int i = 0; i < valuesMs.length; i++) {
            values.computeIfAbsent(Math.min(intervals - 1, (int)(seconds[i] / width)), _ -> new ArrayList<>())
                .add(valuesMs[i]);
        }
        return new Timeline(values.entrySet().stream().map(entry -> {
            final Percentiles percentiles =
                Percentiles.of(entry.getValue().stream().mapToDouble(Double::doubleValue).toArray());
            return new Interval((entry.getKey() + 0.5) * width, percentiles.at(50), percentiles.at(99),
                percentiles.most());
        }).toList());
    }
}
