package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Anchor;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Style;
import java.util.ArrayList;
import java.util.List;

/** A bar for each category, divided into its parts, with the total at its end. */
final class StackedBars {
    private static final double TITLE_HEIGHT = 26;
    private static final double LEGEND_ROW = 19;
    private static final double KEY = 11;
    private static final double GAP = 6;
    private static final double BETWEEN = 16;
    private static final double BELOW = 44;
    private static final double MOST_LABEL = 180;
    private static final int MANY = 24;

    private final Breakdown breakdown;
    private final Drawing drawing;
    private final Axis axis;
    private final double left;
    private final double right;
    private final double top;
    private final double rowHeight;
    private final double bottom;

    private StackedBars(final String name, final String title, final double width, final Breakdown breakdown) {
        this.breakdown = breakdown;
        this.axis = Axis.linear(breakdown.most());
        final double widest = breakdown.categories().stream().mapToDouble(Style.LABEL::width).max().orElse(0);
        left = Math.min(MOST_LABEL, widest) + 12;
        right = width - 12 - Style.SMALL.width(Digits.of(breakdown.most())) - 8;
        final List<Integer> shown = shown();
        final double legendRows = legendRows(shown, width, null);
        top = TITLE_HEIGHT + legendRows * LEGEND_ROW + 10;
        final int rows = breakdown.categories().size();
        rowHeight = rows <= 6 ? 30 : rows <= MANY ? 20 : 13;
        bottom = top + rows * rowHeight + 4;
        drawing = new Drawing(name, width, bottom + BELOW);
        drawing.text(0, 15, title, Style.TITLE, Anchor.START);
        legendRows(shown, width, drawing);
        drawAxis();
        for (int row = 0; row < rows; row++) {
            drawRow(row, shown);
        }
    }

    static Drawing of(final String name, final String title, final double width, final Breakdown breakdown) {
        return new StackedBars(name, title, width, breakdown).drawing;
    }

    /** Parts that are somewhere more than nothing. */
    private List<Integer> shown() {
        final List<Integer> shown = new ArrayList<>();
        for (int part = 0; part < breakdown.parts().size(); part++) {
            final int index = part;
            if (breakdown.amounts().stream().anyMatch(amounts -> amounts[index] > 0)) {
                shown.add(part);
            }
        }
        return shown;
    }

    /** Draws the legend, or with no drawing only counts its rows. */
    private int legendRows(final List<Integer> shown, final double width, final Drawing onto) {
        int row = 0;
        double at = 0;
        for (final int part : shown) {
            final String label = breakdown.parts().get(part);
            final double needed = KEY + GAP + Style.LABEL.width(label) + BETWEEN;
            if (at > 0 && at + needed > width) {
                row++;
                at = 0;
            }
            if (onto != null) {
                final double baseline = TITLE_HEIGHT + 12 + row * LEGEND_ROW;
                onto.add(new Drawing.Box(at, baseline - 9.5, KEY, KEY, Ink.ofPart(label), ""));
                onto.text(at + KEY + GAP, baseline, label, Style.LABEL, Anchor.START);
            }
            at += needed;
        }
        return shown.isEmpty() ? 0 : row + 1;
    }

    private void drawAxis() {
        double free = Double.NEGATIVE_INFINITY;
        for (final Axis.Tick tick : axis.ticks()) {
            final double at = x(tick.value());
            drawing.line(at, top, at, bottom, Ink.RULE);
            final double half = Style.SMALL.width(tick.label()) / 2;
            if (at - half > free) {
                drawing.text(at, bottom + 16, tick.label(), Style.SMALL, Anchor.MIDDLE);
                free = at + half + 8;
            }
        }
        drawing.text((left + right) / 2, bottom + 36, breakdown.unit(), Style.SMALL, Anchor.MIDDLE);
    }

    private double x(final double amount) {
        return left + axis.at(amount) * (right - left);
    }

    private void drawRow(final int row, final List<Integer> shown) {
        final double y = top + row * rowHeight;
        final double height = rowHeight - (rowHeight > 16 ? 5 : 2);
        final double total = breakdown.total(row);
        final Style style = rowHeight > 16 ? Style.LABEL : Style.SMALL;
        drawing.text(left - 8, y + height / 2 + 4, style.fitted(breakdown.categories().get(row), left - 8), style,
            Anchor.END);
        double sum = 0;
        for (final int part : shown) {
            final double amount = breakdown.amounts().get(row)[part];
            final double from = x(sum);
            sum += amount;
            if (amount > 0) {
                drawing.add(new Drawing.Box(from, y, Math.max(0.4, x(sum) - from), height,
                    Ink.ofPart(breakdown.parts().get(part)), breakdown.subject() + " " + breakdown.categories().get(row)
                    + ", " + breakdown.parts().get(part) + ": " + Digits.of(amount) + " " + breakdown.unit() + ", "
                    + Digits.fixed(100 * amount / total, 1) + " %"));
            }
        }
        drawing.add(new Drawing.Line(List.of(new Point(left, y), new Point(left, y + height)), Ink.AXIS, 1, false));
        drawing.text(x(total) + 6, y + height / 2 + 4, Digits.of(total), Style.SMALL, Anchor.START);
    }
}
