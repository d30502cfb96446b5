package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Measure;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import dev.convoke.bench.report.Table;
import dev.convoke.bench.report.Timeline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Where the time of a decoder's steps went: by stage, layer and host. */
final class StageSection {
    private static final double FULL = 1040;
    private static final double HALF = 508;
    private static final Point SIZE = new Point(508, 300);
    private static final String ALL = "run";
    private static final String STEP = "step";
    private static final String STAGE = "stage: ";
    private static final String HOST = "host: ";
    private static final int MOST_LINES = 6;
    private static final double FAR = 99;

    private final List<Run> runs;
    private final List<Block> blocks = new ArrayList<>();

    private StageSection(final List<Run> runs) {
        this.runs = runs;
    }

    static boolean has(final Run run) {
        return !run.breakdowns().isEmpty() && !DeploymentSection.has(run);
    }

    /** Of runs that have a breakdown, the first of them the base line. */
    static Section of(final List<Run> runs) {
        final StageSection section = new StageSection(runs);
        section.addRuns();
        section.addEach("layer", "Time in each layer, by stage.", FULL);
        section.addEach("host", "Round trips of exchanges, by expert host: what hosts say of their queues and their "
            + "computation, and the rest, which is the network. Round trips to several hosts overlap, so these add up "
            + "to more than the time waited.", HALF);
        section.addDistributions();
        return new Section("stages", "Stages of a step", "Every moment of a step belongs to exactly one stage. Waiting "
            + "for experts is divided by what the slowest host of each exchange says of itself: expert computation, "
            + "queue, and the rest, which is the network.", section.blocks);
    }

    private static Optional<Breakdown> breakdown(final Run run, final String subject) {
        return run.breakdowns().stream().filter(breakdown -> breakdown.subject().equals(subject)).findFirst();
    }

    /** All runs in one figure, a bar for each. */
    private void addRuns() {
        final List<Run> measured = runs.stream().filter(run -> run.kind().equals("stages")).toList();
        if (!measured.isEmpty()) {
            blocks.add(new Section.Listing("Whether the stages account for the time seen from outside, and what timing "
                + "them took.", Comparison.of(measured)));
        }
        runs.stream().filter(run -> breakdown(run, ALL).isPresent())
            .collect(Collectors.groupingBy(run -> breakdown(run, ALL).orElseThrow().unit(), TreeMap::new,
                Collectors.toList())).values().forEach(this::addDivided);
    }

    /** Runs with the same unit. */
    private void addDivided(final List<Run> divided) {
        final Breakdown together = Breakdown.joined(divided.stream().map(Run::name).toList(),
            divided.stream().map(run -> breakdown(run, ALL).orElseThrow()).toList());
        final String what = together.unit().endsWith("step") ? "Mean time of a step by stage" : "Time by stage";
        final boolean several = divided.size() > 1;
        blocks.add(new Section.Figures(what + (several ? ", runs side by side." : "."), List.of(StackedBars.of("stages-"
            + Names.file(together.unit()), "Stages", FULL, together))));
        blocks.add(new Section.Listing(what + ", and its share" + (several ? "; ratios are to the first run, "
            + divided.getFirst().name() + "." : "."), table(together)));
    }

    private static Table table(final Breakdown breakdown) {
        final List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.words("Stage")));
        breakdown.categories().forEach(run -> columns.addAll(List.of(Table.Column.numbers(run, breakdown.unit()),
            Table.Column.shares())));
        final List<List<Table.Cell>> rows = new ArrayList<>();
        for (int part = 0; part < breakdown.parts().size(); part++) {
            final List<Table.Cell> row = new ArrayList<>(List.of(Table.words(breakdown.parts().get(part))));
            for (int run = 0; run < breakdown.categories().size(); run++) {
                final double amount = breakdown.amounts().get(run)[part];
                row.add(cell(amount, breakdown.amounts().getFirst()[part], run));
                row.add(Table.number(100 * amount / breakdown.total(run)));
            }
            rows.add(row);
        }
        final List<Table.Cell> sum = new ArrayList<>(List.of(Table.words("all")));
        for (int run = 0; run < breakdown.categories().size(); run++) {
            sum.add(cell(breakdown.total(run), breakdown.total(0), run));
            sum.add(Table.number(100));
        }
        rows.add(sum);
        return new Table(columns, rows);
    }

    private static Table.Cell cell(final double amount, final double base, final int run) {
        return Comparison.cell(amount == 0 ? Double.NaN : amount, run == 0 || amount == 0 ? Double.NaN : base,
            Measure.Better.LOWER);
    }

    private void addEach(final String subject, final String caption, final double width) {
        final List<Drawing> drawings = new ArrayList<>();
        for (final Run run : runs) {
            breakdown(run, subject).ifPresent(breakdown -> drawings.add(StackedBars.of(subject + "s-"
                + Names.file(run.name()), run.name() + ", each " + subject, width, breakdown)));
        }
        if (!drawings.isEmpty()) {
            blocks.add(new Section.Figures(caption, drawings));
        }
    }

    /** Percentiles of steps, stages and hosts, of runs that kept histograms. */
    private void addDistributions() {
        for (final Run run : runs) {
            final Map<String, Percentiles> stages = new LinkedHashMap<>();
            if (run.distributions().containsKey(STEP)) {
                stages.put(STEP, run.distributions().get(STEP));
            }
            Breakdown.order().forEach(stage -> {
                if (run.distributions().containsKey(STAGE + stage)) {
                    stages.put(stage, run.distributions().get(STAGE + stage));
                }
            });
            if (stages.size() > 1) {
                addDistributions(run, stages);
            }
        }
    }

    private void addDistributions(final Run run, final Map<String, Percentiles> stages) {
        final Map<String, Percentiles> large = new LinkedHashMap<>();
        stages.entrySet().stream().sorted(Comparator.comparingDouble(stage -> -stage.getValue().at(FAR)))
            .limit(MOST_LINES).forEach(stage -> large.put(stage.getKey(), stage.getValue()));
        final List<Drawing> drawings = new ArrayList<>(List.of(PercentilePlot.of("steps-" + Names.file(run.name()),
            run.name() + ", steps and their longest stages", SIZE, large,
            large.keySet().stream().map(stage -> stage.equals(STEP) ? Ink.TEXT : Ink.ofPart(stage)).toList())));
        if (run.timelines().containsKey(STEP)) {
            final Timeline timeline = run.timelines().get(STEP);
            drawings.add(TimePlot.of("time-steps-" + Names.file(run.name()), run.name() + ", steps over time", SIZE,
                timeline, TimePlot.axis(List.of(timeline))));
        }
        blocks.add(new Section.Figures("How long steps took, by percentile with their longest stages, and over time.",
            drawings));
        final List<List<Table.Cell>> rows = new ArrayList<>();
        stages.forEach((stage, percentiles) -> rows.add(row(stage, percentiles)));
        run.distributions().forEach((metric, percentiles) -> {
            if (metric.startsWith(HOST)) {
                rows.add(row(metric.substring(HOST.length()), percentiles));
            }
        });
        blocks.add(new Section.Listing("Durations of " + run.name() + ": a step, its stages, and the parts of round "
            + "trips to hosts.", new Table(List.of(Table.Column.words("Duration"), Table.Column.numbers("Times", ""),
            Table.Column.numbers("p50", "ms"), Table.Column.numbers("p90", "ms"), Table.Column.numbers("p99", "ms"),
            Table.Column.numbers("p99.9", "ms"), Table.Column.numbers("Max", "ms")), rows)));
    }

    private static List<Table.Cell> row(final String metric, final Percentiles percentiles) {
        return List.of(Table.words(metric), Table.number(percentiles.count()), Table.number(percentiles.at(50)),
            Table.number(percentiles.at(90)), Table.number(percentiles.at(99)), Table.number(percentiles.at(99.9)),
            Table.number(percentiles.most()));
    }
}
