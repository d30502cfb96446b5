package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import java.util.ArrayList;
import java.util.List;

/** The same work in one process and over expert hosts: what distributing it costs, and where that goes. */
final class DeploymentSection {
    private static final String KIND = "deployments";
    private static final double FULL = 1040;

    private DeploymentSection() {
    }

    static boolean has(final Run run) {
        return run.kind().equals(KIND);
    }

    /** Of runs that compared deployments. */
    static Section of(final List<Run> runs) {
        final List<Block> blocks = new ArrayList<>();
        for (final Run run : runs) {
            run.tables().forEach(table -> blocks.add(new Section.Listing("Rates of " + run.name() + ": medians of all "
                + "rounds, and the least and the most.", table)));
            blocks.add(new Section.Figures("Time of a layer by stage, " + run.name() + ", medians; waiting is divided "
                + "by what the slowest host says of itself.", run.breakdowns().stream().map(breakdown ->
                StackedBars.of(name(run, breakdown), breakdown.subject(), FULL, breakdown)).toList()));
        }
        return new Section(KIND, "Deployments", "The same work in turn, in one process and with the experts on hosts "
            + "of their own.", blocks);
    }

    private static String name(final Run run, final Breakdown breakdown) {
        return "layers-" + Names.file(run.name() + "-" + breakdown.subject());
    }
}
