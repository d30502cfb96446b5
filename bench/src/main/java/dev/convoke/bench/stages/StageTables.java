package dev.convoke.bench.stages;

import dev.convoke.core.timing.Stage;
import java.util.Locale;
import java.util.stream.Stream;

/** A report as Markdown: all stages, each layer, each host. */
final class StageTables {
    private static final double MS = 1e-6;
    private static final double US = 1e-3;

    private final StageReport report;
    private final StringBuilder text = new StringBuilder();

    StageTables(final StageReport report) {
        this.report = report;
        text.append("| stage | ms | share |\n|---|---:|---:|\n");
        for (final Stage stage : Stage.values()) {
            stage(stage.label(), report.stageNs(stage));
            if (stage == Stage.WAIT) {
                StageReport.PARTS.forEach(part -> stage("- for " + part, report.waitNs(part)));
            }
        }
        layers();
        hosts();
    }

    private void stage(final String name, final long ns) {
        text.append(String.format(Locale.ROOT, "| %s | %.2f | %.1f %% |%n", name, ns * MS,
            100.0 * ns / report.stepNs()));
    }

    private void layers() {
        head("us a step: layer", StageReport.layerStages().stream().flatMap(stage -> stage == Stage.WAIT
            ? Stream.concat(Stream.of(stage.label()), StageReport.PARTS.stream().map(part -> "for " + part))
            : Stream.of(stage.label())));
        for (final String layer : report.layers()) {
            text.append("| ").append(layer).append(" |");
            for (final Stage stage : StageReport.layerStages()) {
                mean(report.layerNs(layer, stage), report.steps());
                if (stage == Stage.WAIT) {
                    StageReport.PARTS.forEach(part -> mean(report.layerWaitNs(layer, part), report.steps()));
                }
            }
            text.append('\n');
        }
    }

    private void hosts() {
        head("us a round trip: host", Stream.concat(Stream.of("round trips"), StageReport.PARTS.stream()));
        for (final String host : report.hosts()) {
            text.append("| ").append(host).append(" | ").append(report.roundTrips(host)).append(" |");
            StageReport.PARTS.forEach(part -> mean(report.hostNs(host, part), report.roundTrips(host)));
            text.append('\n');
        }
    }

    private void head(final String first, final Stream<String> others) {
        text.append("\n| ").append(first).append(" |");
        final StringBuilder line = new StringBuilder("\n|---|");
        others.forEach(name -> {
            text.append(' ').append(name).append(" |");
            line.append("---:|");
        });
        text.append(line).append('\n');
    }

    private void mean(final long ns, final long count) {
        text.append(String.format(Locale.ROOT, " %.1f |", ns * US / Math.max(1, count)));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
