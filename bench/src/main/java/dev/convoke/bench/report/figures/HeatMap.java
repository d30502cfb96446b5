package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Anchor;
import dev.convoke.bench.report.Grid;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Style;
import java.util.List;
import java.util.Locale;

/** A cell for each layer and expert, coloured by its load over the mean of its layer. */
final class HeatMap {
    /** Where one colour turns into the next; each step is the inverse of one on the other side. */
    private static final double[] BORDERS = {0.4, 0.57, 0.75, 0.9, 1.11, 1.33, 1.75, 2.5};
    private static final double TITLE_HEIGHT = 26;
    private static final double LEGEND_HEIGHT = 40;
    private static final double LEFT = 44;
    private static final double RIGHT = 2;
    private static final double TOP = TITLE_HEIGHT + LEGEND_HEIGHT + 8;
    private static final double BELOW = 40;
    private static final double LEAST_FOR_TEXT = 32;
    private static final double MOST_CELL = 64;
    private static final double LEAST_CELL = 5;
    private static final int MOST_HINTS = 6000;
    private static final double KEY_WIDTH = 46;

    private HeatMap() {
    }

    static Drawing of(final String name, final String title, final double width, final Grid grid) {
        final int columns = grid.columns();
        final int rows = grid.values().size();
        final double cellWidth = Math.clamp((width - LEFT - RIGHT) / Math.max(1, columns), LEAST_CELL, MOST_CELL);
        final double cellHeight = Math.clamp(cellWidth, rows > 40 ? 9 : 14, 28);
        final double total = Math.max(Math.min(width, 460), LEFT + columns * cellWidth + RIGHT);
        final Drawing drawing = new Drawing(name, total, TOP + rows * cellHeight + BELOW);
        drawing.text(0, 15, title, Style.TITLE, Anchor.START);
        legend(drawing);
        final boolean hints = (long)rows * columns <= MOST_HINTS;
        double free = Double.NEGATIVE_INFINITY;
        for (int row = 0; row < rows; row++) {
            final double y = TOP + row * cellHeight;
            if (y >= free) {
                drawing.text(LEFT - 8, y + cellHeight / 2 + 4, Integer.toString(grid.layers().get(row)), Style.SMALL,
                    Anchor.END);
                free = y + 13;
            }
            row(drawing, grid, row, new Cells(y, cellWidth, cellHeight, hints));
        }
        columns(drawing, columns, cellWidth, TOP + rows * cellHeight);
        drawing.add(new Drawing.Text(11, TOP + rows * cellHeight / 2, "layer", Style.SMALL, Anchor.MIDDLE, true));
        return drawing;
    }

    private record Cells(double y, double width, double height, boolean hints) {
    }

    private static void row(final Drawing drawing, final Grid grid, final int row, final Cells cells) {
        final double[] values = grid.values().get(row);
        final double mean = grid.mean(row);
        for (int column = 0; column < values.length; column++) {
            final double ratio = mean > 0 ? values[column] / mean : 1;
            final int step = step(ratio);
            final double gap = cells.width() > 8 ? 1 : 0;
            drawing.add(new Drawing.Box(LEFT + column * cells.width(), cells.y(), cells.width() - gap,
                cells.height() - gap, Ink.heat().get(step), cells.hints() ? "layer " + grid.layers().get(row)
                + ", expert " + column + ": " + Digits.of(values[column]) + ", " + Digits.ratio(ratio)
                + " of the layer's mean" : ""));
            if (cells.width() >= LEAST_FOR_TEXT) {
                drawing.text(LEFT + (column + 0.5) * cells.width(), cells.y() + cells.height() / 2 + 4,
                    String.format(Locale.ROOT, "%.2f", ratio),
                    step < 2 || step > BORDERS.length - 2 ? Style.ON_FILL : Style.ON_TINT, Anchor.MIDDLE);
            }
        }
    }

    private static int step(final double ratio) {
        int step = 0;
        while (step < BORDERS.length && ratio >= BORDERS[step]) {
            step++;
        }
        return step;
    }

    private static void columns(final Drawing drawing, final int columns, final double cellWidth, final double bottom) {
        double free = Double.NEGATIVE_INFINITY;
        for (int column = 0; column < columns; column++) {
            final double middle = LEFT + (column + 0.5) * cellWidth;
            final double half = Style.SMALL.width(Integer.toString(column)) / 2;
            if (middle - half > free && (cellWidth >= 20 || column % 8 == 0)) {
                drawing.text(middle, bottom + 14, Integer.toString(column), Style.SMALL, Anchor.MIDDLE);
                free = middle + half + 6;
            }
        }
        drawing.text(LEFT + columns * cellWidth / 2, bottom + 32, "expert", Style.SMALL, Anchor.MIDDLE);
    }

    private static void legend(final Drawing drawing) {
        final List<Ink> inks = Ink.heat();
        for (int step = 0; step < inks.size(); step++) {
            final double x = LEFT + step * KEY_WIDTH;
            drawing.add(new Drawing.Box(x, TITLE_HEIGHT, KEY_WIDTH, 12, inks.get(step), ""));
            if (step < BORDERS.length) {
                drawing.text(x + KEY_WIDTH, TITLE_HEIGHT + 26, "×" + BORDERS[step], Style.SMALL, Anchor.MIDDLE);
            }
        }
    }
}
