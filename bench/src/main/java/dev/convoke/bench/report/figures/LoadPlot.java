package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import java.util.ArrayList;
import java.util.List;

/** Figures by the rate of requests that was offered. */
final class LoadPlot {
    private static final double MUCH = 40;

    private LoadPlot() {
    }

    /**
     * A line of it.
     *
     * @param points rate and value, in the order of rates
     */
    record Series(String label, Ink ink, boolean dashes, List<Point> points) {
    }

    /** With lines that all have a point at least. */
    static Drawing of(final String name, final Point size, final String title, final String unit,
        final List<Series> series) {
        final double mostRate = series.stream().flatMap(s -> s.points().stream()).mapToDouble(Point::x).max().orElse(1);
        final double most = series.stream().flatMap(s -> s.points().stream()).mapToDouble(Point::y).max().orElse(1);
        final double least = series.stream().flatMap(s -> s.points().stream()).mapToDouble(Point::y)
            .filter(v -> v > 0).min().orElse(most);
        final List<Plot.Key> legend = new ArrayList<>();
        series.forEach(line -> legend.add(Plot.Key.line(line.label(), line.ink(), line.dashes())));
        final Plot plot = new Plot(name, size, new Plot.Titles(title, "requests offered per second", unit),
            legend, Axis.linear(mostRate), most > MUCH * least ? Axis.logarithmic(least, most) : Axis.linear(most));
        for (final Series line : series) {
            plot.line(line.points(), line.ink(), 2, line.dashes());
            for (final Point point : line.points()) {
                plot.dot(point, 3.5, line.ink(), line.label() + " at " + Digits.of(point.x()) + "/s: "
                    + Digits.of(point.y()) + " " + unit);
            }
        }
        return plot.drawing();
    }
}
