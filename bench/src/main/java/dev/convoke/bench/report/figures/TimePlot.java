package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Timeline;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** How a latency went during a run: the median, a band up to p99, and the largest value of each interval. */
final class TimePlot {
    private static final double MUCH = 40;

    private TimePlot() {
    }

    /** An axis that suits all of these. */
    static Axis axis(final List<Timeline> timelines) {
        final double most = timelines.stream().flatMap(timeline -> timeline.intervals().stream())
            .mapToDouble(Timeline.Interval::most).max().orElse(1);
        final double least = timelines.stream().flatMap(timeline -> timeline.intervals().stream())
            .mapToDouble(Timeline.Interval::median).filter(v -> v > 0).min().orElse(most);
        return most > MUCH * least ? Axis.logarithmic(least, most) : Axis.linear(most);
    }

    /** One run. */
    static Drawing of(final String name, final String title, final Point size, final Timeline timeline,
        final Axis values) {
        final List<Timeline.Interval> intervals = timeline.intervals();
        final double end = intervals.stream().mapToDouble(Timeline.Interval::seconds).max().orElse(1);
        final Plot plot = new Plot(name, size, new Plot.Titles(title, "seconds from the start of the run", "ms"),
            List.of(Plot.Key.line("p50", Ink.SERIES_1, false), Plot.Key.line("p99", Ink.SERIES_6, false),
                new Plot.Key("max", Ink.SERIES_2, Plot.Key.Look.DOTS)), Axis.linear(end), values);
        plot.band(points(intervals, Timeline.Interval::p99), points(intervals, Timeline.Interval::median),
            Ink.SERIES_6);
        plot.line(points(intervals, Timeline.Interval::p99), Ink.SERIES_6, 1.5, false);
        plot.line(points(intervals, Timeline.Interval::median), Ink.SERIES_1, 2, false);
        for (final Timeline.Interval interval : intervals) {
            plot.dot(new Point(interval.seconds(), interval.most()), 2, Ink.SERIES_2, Digits.of(interval.seconds())
                + " s: p50 " + Digits.of(interval.median()) + ", p99 " + Digits.of(interval.p99()) + ", max "
                + Digits.of(interval.most()) + " ms");
        }
        return plot.drawing();
    }

    private static List<Point> points(final List<Timeline.Interval> intervals,
        final ToDoubleFunction<Timeline.Interval> value) {
        return intervals.stream().map(i -> new Point(i.seconds(), value.applyAsDouble(i))).toList();
    }
}
