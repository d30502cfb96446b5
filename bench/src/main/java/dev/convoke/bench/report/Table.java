package dev.convoke.bench.report;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Rows of figures. Renderers align numbers by their point and choose digits by column.
 *
 * @param columns over the cells
 * @param rows    each with a cell for every column
 */
public record Table(List<Column> columns, List<List<Cell>> rows) {
    /**
     * A column.
     *
     * @param label   what it holds
     * @param unit    of its numbers; empty for none
     * @param numeric whether it holds numbers, which stand right
     * @param digits  after the point; {@link #AS_NEEDED} lets the numbers decide
     */
    public record Column(String label, String unit, boolean numeric, int digits) {
        /** No more than say something. */
        public static final int AS_NEEDED = -1;

        /** A column of words. */
        public static Column words(final String label) {
            return new Column(label, "", false, AS_NEEDED);
        }

        /** A column of numbers. */
        public static Column numbers(final String label, final String unit) {
            return new Column(label, unit, true, AS_NEEDED);
        }

        /** A column of shares in percent. */
        public static Column shares() {
            return new Column("", "%", true, 1);
        }
    }

    /** What stands in a place. */
    public sealed interface Cell {
    }

    /** Words, or nothing at all. */
    public record Words(String text) implements Cell {
    }

    /**
     * A number.
     *
     * @param value in the column's unit; NaN for one that is missing
     * @param note  beside it, small: a range, a ratio; empty for none
     * @param tone  whether the note is good news
     */
    public record Number(double value, String note, Tone tone) implements Cell {
    }

    /** How a note sounds. */
    public enum Tone {
        /** Says only what is. */
        PLAIN,
        /** Better than what it is compared with. */
        GOOD,
        /** Worse than what it is compared with. */
        BAD
    }

    /** Digits after the point in each column, so that points stand below each other; 0 for words. */
    public int[] decimals() {
        final int[] decimals = new int[columns.size()];
        for (int column = 0; column < decimals.length; column++) {
            final int index = column;
            decimals[column] = columns.get(column).digits() != Column.AS_NEEDED ? columns.get(column).digits()
                : Digits.decimals(rows.stream().map(row -> row.get(index)).flatMapToDouble(cell ->
                    cell instanceof final Number number ? DoubleStream.of(number.value()) : DoubleStream.empty()));
        }
        return decimals;
    }

    /** A number with nothing beside it. */
    public static Cell number(final double value) {
        return new Number(value, "", Tone.PLAIN);
    }

    /** Words. */
    public static Cell words(final String text) {
        return new Words(text);
    }
}
