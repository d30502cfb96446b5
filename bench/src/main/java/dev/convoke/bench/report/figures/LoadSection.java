package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Grid;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import dev.convoke.bench.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** How evenly the experts of each layer were asked. */
final class LoadSection {
    private static final double FULL = 1040;
    private static final double HALF = 508;
    private static final int FEW_EXPERTS = 12;
    private static final int NAMED = 3;

    private LoadSection() {
    }

    static boolean has(final Run run) {
        return !run.grids().isEmpty();
    }

    /** Of runs that have loads. */
    static Section of(final List<Run> runs) {
        final List<Block> blocks = new ArrayList<>();
        for (final Run run : runs) {
            final List<Drawing> drawings = run.grids().stream().map(grid -> HeatMap.of("load-" + Names.file(run.name()
                + "-" + grid.name()), title(run, grid), grid.columns() <= FEW_EXPERTS ? HALF : FULL, grid)).toList();
            blocks.add(new Section.Figures("Load of each expert over the mean of its layer, " + run.name() + ": blue "
                + "experts are asked less than the mean, orange ones more.", drawings));
            run.grids().forEach(grid -> blocks.add(new Section.Listing("Balance of " + title(run, grid)
                + ".", table(grid))));
        }
        return new Section("experts", "Expert load", "How evenly the experts of each layer are asked. Max over mean is "
            + "how much longer a layer takes when every expert has a host of its own; 1 is perfect.", blocks);
    }

    private static String title(final Run run, final Grid grid) {
        return grid.name().isEmpty() ? run.name() : run.name() + ", " + grid.name();
    }

    private static Table table(final Grid grid) {
        final List<List<Table.Cell>> rows = new ArrayList<>();
        for (int row = 0; row < grid.values().size(); row++) {
            final double[] values = grid.values().get(row);
            final double mean = grid.mean(row);
            final double most = DoubleStream.of(values).max().orElse(0);
            final double least = DoubleStream.of(values).min().orElse(0);
            rows.add(List.of(Table.number(grid.layers().get(row)), Table.number(DoubleStream.of(values).sum()),
                Table.number(mean > 0 ? most / mean : Double.NaN), Table.number(mean > 0 ? least / mean : Double.NaN),
                Table.words(busiest(values))));
        }
        return new Table(List.of(Table.Column.numbers("Layer", ""), Table.Column.numbers("Choices", ""),
            Table.Column.numbers("Max / mean", ""), Table.Column.numbers("Min / mean", ""),
            Table.Column.words("Busiest experts")), rows);
    }

    private static String busiest(final double[] values) {
        final double sum = DoubleStream.of(values).sum();
        return IntStream.range(0, values.length).boxed()
            .sorted((a, b) -> Double.compare(values[b], values[a])).limit(NAMED)
            .map(expert -> expert + " (" + Digits.fixed(100 * values[expert] / Math.max(sum, 1e-12), 1) + " %)")
            .reduce((a, b) -> a + ", " + b).orElse("");
    }
}
