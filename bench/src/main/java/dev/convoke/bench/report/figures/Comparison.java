package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Measure;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Runs in rows, figures in columns; beside each figure its ratio to that of the first run, the base line. */
final class Comparison {
    /** Ratios as near to one as this are neither good nor bad news. */
    private static final double ALIKE = 0.02;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};

    private Comparison() {
    }

    /** By all measures that any of the runs has. */
    static Table of(final List<Run> runs) {
        final Set<Measure> measures = new LinkedHashSet<>();
        runs.forEach(run -> measures.addAll(run.measures().keySet()));
        final List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.words("Run")));
        measures.forEach(measure -> columns.add(Table.Column.numbers(measure.label(), measure.unit())));
        final List<List<Table.Cell>> rows = new ArrayList<>();
        for (final Run run : runs) {
            final List<Table.Cell> row = new ArrayList<>(List.of(Table.words(run.name())));
            for (final Measure measure : measures) {
                row.add(cell(run.measures().getOrDefault(measure, Double.NaN),
                    run == runs.getFirst() ? Double.NaN : runs.getFirst().measures().getOrDefault(measure, Double.NaN),
                    measure.better()));
            }
            rows.add(row);
        }
        return new Table(columns, rows);
    }

    /** By the percentiles of a latency, of the runs that have it. */
    static Table percentiles(final Map<String, Percentiles> runs) {
        final List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.words("Run"),
            Table.Column.numbers("Values", "")));
        for (final double percentile : PERCENTILES) {
            columns.add(Table.Column.numbers(percentile == Math.rint(percentile)
                ? String.format(Locale.ROOT, "p%.0f", percentile) : "p" + percentile, "ms"));
        }
        columns.add(Table.Column.numbers("Max", "ms"));
        final Percentiles base = runs.values().iterator().next();
        final List<List<Table.Cell>> rows = new ArrayList<>();
        runs.forEach((name, percentiles) -> {
            final List<Table.Cell> row = new ArrayList<>(List.of(Table.words(name),
                Table.number(percentiles.sparse() || percentiles.count() == 0 ? Double.NaN : percentiles.count())));
            for (final double percentile : PERCENTILES) {
                row.add(latency(known(percentiles, percentile), known(base, percentile), percentiles == base));
            }
            row.add(latency(percentiles.at(100), base.at(100), percentiles == base));
            rows.add(row);
        });
        return new Table(columns, rows);
    }

    /** Nothing beyond what so many values can tell. */
    private static double known(final Percentiles percentiles, final double percentile) {
        return percentile > percentiles.deepest() + 1e-9 ? Double.NaN : percentiles.at(percentile);
    }

    private static Table.Cell latency(final double value, final double base, final boolean isBase) {
        return cell(value, isBase ? Double.NaN : base, Measure.Better.LOWER);
    }

    /** A value beside its ratio to a base, which is NaN if there is none. */
    static Table.Cell cell(final double value, final double base, final Measure.Better better) {
        if (!Double.isFinite(value) || !Double.isFinite(base) || base == 0 || better == Measure.Better.NEITHER) {
            return Table.number(value);
        }
        final double ratio = value / base;
        final boolean good = better == Measure.Better.LOWER ? ratio < 1 : ratio > 1;
        return new Table.Number(value, Digits.ratio(ratio), Math.abs(ratio - 1) < ALIKE ? Table.Tone.PLAIN
            : good ? Table.Tone.GOOD : Table.Tone.BAD);
    }
}
