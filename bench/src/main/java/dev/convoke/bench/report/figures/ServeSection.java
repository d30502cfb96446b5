package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What users of a server saw: latencies by percentile, against the load, and over time. */
final class ServeSection {
    private static final int MOST_LINES = 8;
    private static final Point HALF = new Point(508, 320);
    private static final Point LOW = new Point(508, 250);
    private static final Map<String, String> METRICS = metrics();

    private final List<Run> runs;
    private final List<Block> blocks = new ArrayList<>();

    private ServeSection(final List<Run> runs) {
        this.runs = runs;
    }

    private static Map<String, String> metrics() {
        final Map<String, String> metrics = new LinkedHashMap<>();
        metrics.put("ttft", "Time to first token");
        metrics.put("e2el", "End to end");
        metrics.put("itl", "Between tokens");
        metrics.put("tpot", "Per output token");
        return metrics;
    }

    /** Of runs that have such latencies, the first of them the base line. */
    static Section of(final List<Run> runs) {
        final ServeSection section = new ServeSection(runs);
        section.addComparison();
        section.addLoad();
        section.addPercentiles();
        section.addTimelines();
        return new Section("serving", "Serving", "Latencies count from the time at which each request was meant to be "
            + "sent, so that a stall of the server shows in all requests it delayed. Only requests that succeeded are "
            + "in them.", section.blocks);
    }

    static boolean has(final Run run) {
        return METRICS.keySet().stream().anyMatch(run.distributions()::containsKey);
    }

    private void addComparison() {
        final List<Run> measured = runs.stream().filter(run -> !run.measures().isEmpty()).toList();
        if (!measured.isEmpty()) {
            blocks.add(new Section.Listing(measured.size() > 1 ? "Runs side by side. Ratios are to the first run, "
                + measured.getFirst().name() + "." : "What was measured.", Comparison.of(measured)));
        }
    }

    /** Runs that differ in nothing but their rate. */
    private void addLoad() {
        final Map<String, List<Run>> sweeps = new LinkedHashMap<>();
        runs.stream().filter(run -> run.load().isPresent()).forEach(run -> {
            final Map<String, String> others = new TreeMap<>(run.settings());
            others.keySet().removeIf(key -> key.matches("request rate|num prompts|seed|arrivals"));
            sweeps.computeIfAbsent(others.toString(), _ -> new ArrayList<>()).add(run);
        });
        sweeps.values().removeIf(sweep -> sweep.stream().map(Run::load).distinct().count() < 2);
        if (sweeps.isEmpty()) {
            return;
        }
        final List<Drawing> drawings = new ArrayList<>();
        METRICS.forEach((metric, title) -> {
            if (!metric.equals("itl")) {
                addLoad(drawings, metric, title, sweeps);
            }
        });
        addThroughput(drawings, sweeps);
        blocks.add(new Section.Figures("Latency against load: each point is a run at that rate. Where a line turns "
            + "upwards, a queue begins to form; beyond that, latency depends on how long the run was.", drawings));
    }

    private void addLoad(final List<Drawing> drawings, final String metric, final String title,
        final Map<String, List<Run>> sweeps) {
        final List<LoadPlot.Series> series = new ArrayList<>();
        final List<Ink> inks = Ink.series(sweeps.size());
        for (final List<Run> sweep : sweeps.values()) {
            final String of = sweeps.size() > 1 ? sweep.getFirst().name() + "…, " : "";
            final Ink ink = inks.get(series.size() / 2);
            final List<Run> with = sweep.stream().filter(run -> run.distributions().containsKey(metric)).toList();
            for (final double percentile : new double[] {50, 99}) {
                final List<Point> points = with.stream().map(run -> new Point(run.load().orElseThrow(),
                    run.distributions().get(metric).at(percentile))).filter(point -> Double.isFinite(point.y()))
                    .sorted(Comparator.comparingDouble(Point::x)).toList();
                if (!points.isEmpty()) {
                    series.add(new LoadPlot.Series(of + "p" + (int)percentile, ink, percentile > 50, points));
                }
            }
        }
        if (!series.isEmpty()) {
            drawings.add(LoadPlot.of("load-" + metric, LOW, title, "ms", series));
        }
    }

    private void addThroughput(final List<Drawing> drawings, final Map<String, List<Run>> sweeps) {
        final List<LoadPlot.Series> series = new ArrayList<>();
        final List<Ink> inks = Ink.series(sweeps.size());
        int i = 0;
        for (final List<Run> sweep : sweeps.values()) {
            final Ink ink = inks.get(i++);
            final String of = sweeps.size() > 1 ? sweep.getFirst().name() + "…, " : "";
            addRates(series, sweep, new LoadPlot.Series(of + "answered", ink, false, List.of()), "request_throughput");
            addRates(series, sweep, new LoadPlot.Series(of + "within the SLO", ink, true, List.of()),
                "request_goodput");
        }
        if (!series.isEmpty()) {
            drawings.add(LoadPlot.of("load-throughput", LOW, "Throughput", "requests per second", series));
        }
    }

    private static void addRates(final List<LoadPlot.Series> series, final List<Run> sweep, final LoadPlot.Series like,
        final String key) {
        final List<Point> points = new ArrayList<>();
        for (final Run run : sweep) {
            run.measures().forEach((measure, value) -> {
                if (measure.key().equals(key)) {
                    points.add(new Point(run.load().orElseThrow(), value));
                }
            });
        }
        if (!points.isEmpty()) {
            points.sort(Comparator.comparingDouble(Point::x));
            series.add(new LoadPlot.Series(like.label(), like.ink(), like.dashes(), points));
        }
    }

    private void addPercentiles() {
        final List<Drawing> drawings = new ArrayList<>();
        final List<Block> tables = new ArrayList<>();
        METRICS.forEach((metric, title) -> {
            final Map<String, Percentiles> lines = new LinkedHashMap<>();
            runs.stream().filter(run -> run.distributions().containsKey(metric))
                .forEach(run -> lines.put(run.name(), run.distributions().get(metric)));
            if (!lines.isEmpty()) {
                final Map<String, Percentiles> drawn = new LinkedHashMap<>();
                lines.entrySet().stream().limit(MOST_LINES).forEach(line -> drawn.put(line.getKey(), line.getValue()));
                drawings.add(PercentilePlot.of("percentiles-" + metric, title, HALF, drawn, inks(drawn.size())));
                tables.add(new Section.Listing(title + ", by percentile.", Comparison.percentiles(lines)));
            }
        });
        final boolean sparse = runs.stream().flatMap(run -> run.distributions().values().stream())
            .anyMatch(Percentiles::sparse);
        blocks.add(new Section.Figures("Latency by percentile. Each nine is as wide as the one before; a line ends "
            + "where fewer requests than one would be beyond." + (sparse ? " Broken lines join the few percentiles "
            + "that a run kept; --save-detailed keeps all." : "") + (runs.size() > MOST_LINES ? " Only the first "
            + MOST_LINES + " of " + runs.size() + " runs are drawn; the tables have all." : ""), drawings));
        blocks.addAll(tables);
    }

    /** In an order of lightness where the runs are an order of rates. */
    private List<Ink> inks(final int count) {
        double before = 0;
        for (final Run run : runs) {
            if (runs.size() < 3 || run.load().orElse(0) <= before) {
                return Ink.series(count);
            }
            before = run.load().getAsDouble();
        }
        return Ink.order(count);
    }

    private void addTimelines() {
        for (final String metric : List.of("ttft", "e2el")) {
            final List<Run> with = runs.stream().filter(run -> run.timelines().containsKey(metric)).limit(MOST_LINES)
                .toList();
            if (!with.isEmpty()) {
                final Axis values = TimePlot.axis(with.stream().map(run -> run.timelines().get(metric)).toList());
                blocks.add(new Section.Figures(METRICS.get(metric) + " over time, by when requests were due: the median"
                    + ", a band up to p99, and dots at the largest value of each interval."
                    + (with.size() > 1 ? " All on one scale." : ""),
                    with.stream().map(run -> TimePlot.of("time-" + metric + "-" + Names.file(run.name()), run.name(),
                        LOW, run.timelines().get(metric), values)).toList()));
            }
        }
    }
}
