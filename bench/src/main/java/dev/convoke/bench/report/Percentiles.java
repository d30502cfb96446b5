package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * A distribution of latencies in milliseconds, as the values at rising percentiles.
 *
 * @param count  how many values there were; 0 if that is not known
 * @param points in rising order
 * @param sparse whether only some percentiles are known, so that the lines between them are guesses
 */
public record Percentiles(long count, List<Point> points, boolean sparse) {
    private static final int STEPS_PER_HALVING = 12;
    private static final int DIGITS = 3;
    private static final double NS_PER_MS = 1e6;

    /**
     * The value that this percentage of all values do not exceed.
     *
     * @param percentile 0 to 100
     * @param value      in milliseconds
     */
    public record Point(double percentile, double value) {
    }

    /** Checks the order. */
    public Percentiles {
        points = points.stream().sorted(Comparator.comparingDouble(Point::percentile)).toList();
    }

    /** Of a histogram of nanoseconds that holds something. */
    public static Percentiles of(final AbstractHistogram histogram) {
        final List<Point> points = new ArrayList<>();
        points.add(new Point(0, histogram.getMinValue() / NS_PER_MS));
        for (final HistogramIterationValue step : histogram.percentiles(STEPS_PER_HALVING)) {
            points.add(new Point(step.getPercentileLevelIteratedTo(), step.getValueIteratedTo() / NS_PER_MS));
        }
        return new Percentiles(histogram.getTotalCount(), points, false);
    }

    /** Of values in milliseconds, of which there is one at least. */
    public static Percentiles of(final double[] valuesMs) {
        final Histogram histogram = new Histogram(DIGITS);
        Arrays.stream(valuesMs).forEach(value -> histogram.recordValue(Math.max(0, Math.round(value * NS_PER_MS))));
        return of(histogram);
    }

    /** The value at a percentile, that of the next one that is known; NaN where none is. */
    public double at(final double percentile) {
        return points.stream().filter(point -> point.percentile() >= percentile - 1e-9).findFirst()
            .map(Point::value).orElse(Double.NaN);
    }

    /** The largest value that is known; 0 if there is none. */
    public double most() {
        return points.isEmpty() ? 0 : points.getLast().value();
    }

    /** How far the percentiles say something: beyond 1 - 1/count all are the largest value. */
    public double deepest() {
        final double last = points.stream().mapToDouble(Point::percentile).filter(p -> p < 100).max().orElse(0);
        return count > 0 ? Math.max(50, 100 - 100.0 / count) : last;
    }
}
