package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Percentiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Latency by percentile, stretched as HdrHistogram's plots are: by 1/(1-p), so that each nine is as wide. */
final class PercentilePlot {
    private static final double[] MARKED = {50, 90, 99, 99.9, 99.99, 99.999, 99.9999};
    private static final double MUCH = 40;
    private static final double FAR_BELOW = 10;

    private PercentilePlot() {
    }

    /** One line for each run; sparse ones are broken, with dots where something is known. */
    static Drawing of(final String name, final String title, final Point size, final Map<String, Percentiles> runs,
        final List<Ink> inks) {
        final double deepest = runs.values().stream().mapToDouble(Percentiles::deepest).max().orElse(99);
        final double most = runs.values().stream().mapToDouble(p -> p.at(deepest)).filter(Double::isFinite)
            .max().orElseGet(() -> runs.values().stream().mapToDouble(Percentiles::most).max().orElse(1));
        final double least = runs.values().stream().mapToDouble(p -> p.at(50)).filter(v -> v > 0).min().orElse(most);
        final Axis values = most > MUCH * least ? Axis.logarithmic(lowest(runs, least), most) : Axis.linear(most);
        final List<Plot.Key> legend = new ArrayList<>();
        int i = 0;
        for (final Map.Entry<String, Percentiles> run : runs.entrySet()) {
            legend.add(Plot.Key.line(run.getKey(), inks.get(i++), run.getValue().sparse()));
        }
        final Plot plot = new Plot(name, size, new Plot.Titles(title, "percentile", "ms"),
            runs.size() > 1 ? legend : List.of(), axis(deepest), values);
        i = 0;
        for (final Map.Entry<String, Percentiles> run : runs.entrySet()) {
            draw(plot, values.logarithmic() ? values.from() : 0, run, inks.get(i++));
        }
        return plot.drawing();
    }

    private static double lowest(final Map<String, Percentiles> runs, final double otherwise) {
        return runs.values().stream().flatMap(p -> p.points().stream()).mapToDouble(Percentiles.Point::value)
            .filter(v -> v > otherwise / FAR_BELOW).min().orElse(otherwise);
    }

    private static Axis axis(final double deepest) {
        final List<Axis.Tick> ticks = new ArrayList<>();
        ticks.add(new Axis.Tick(1, "0%"));
        for (final double percentile : MARKED) {
            if (percentile <= deepest + 1e-9) {
                ticks.add(new Axis.Tick(stretched(percentile), text(percentile)));
            }
        }
        return new Axis(1, Math.max(2, stretched(deepest)), true, ticks);
    }

    private static double stretched(final double percentile) {
        return 100 / Math.max(100 - percentile, 1e-7);
    }

    private static String text(final double percentile) {
        return (percentile == Math.rint(percentile) ? String.format(Locale.ROOT, "%.0f", percentile)
            : Double.toString(percentile)) + "%";
    }

    private static void draw(final Plot plot, final double least, final Map.Entry<String, Percentiles> run,
        final Ink ink) {
        final Percentiles percentiles = run.getValue();
        final double deepest = percentiles.deepest();
        final List<Point> line = new ArrayList<>();
        for (final Percentiles.Point point : percentiles.points()) {
            if (point.percentile() <= deepest && point.value() >= least) {
                line.add(new Point(stretched(point.percentile()), point.value()));
            }
        }
        if (!percentiles.sparse() && percentiles.count() > 0) {
            line.add(new Point(stretched(deepest), percentiles.at(deepest)));
        }
        plot.line(line, ink, 2, percentiles.sparse());
        for (final double marked : MARKED) {
            final double value = percentiles.at(marked);
            if (marked <= deepest + 1e-9 && Double.isFinite(value)) {
                plot.dot(new Point(stretched(marked), value), percentiles.sparse() ? 3.5 : 2.5, ink,
                    run.getKey() + ", " + text(marked) + ": " + Digits.of(value) + " ms");
            }
        }
    }
}
