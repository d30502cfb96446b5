package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Anchor;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Style;
import java.util.ArrayList;
import java.util.List;

/** A drawing with two axes, a legend over them and lines between them. */
final class Plot {
    private static final double TITLE_HEIGHT = 26;
    private static final double LEGEND_ROW = 19;
    private static final double BELOW = 46;
    private static final double RIGHT = 18;
    private static final double KEY = 18;
    private static final double GAP = 6;
    private static final double BETWEEN = 18;
    private static final double TICK_ROOM = 8;

    private final Drawing drawing;
    private final Axis x;
    private final Axis y;
    private final double left;
    private final double right;
    private final double top;
    private final double bottom;

    /** What a legend says of a line, or of dots. */
    record Key(String label, Ink ink, Look look) {
        /** What is drawn beside the label. */
        enum Look {
            LINE, DASHES, DOTS
        }

        static Key line(final String label, final Ink ink, final boolean dashes) {
            return new Key(label, ink, dashes ? Look.DASHES : Look.LINE);
        }
    }

    /** What stands over and along a plot. */
    record Titles(String plot, String alongX, String alongY) {
    }

    /**
     * An empty plot.
     *
     * @param size width and height of the area between the axes and all around it; a legend adds to the height
     */
    Plot(final String name, final Point size, final Titles titles, final List<Key> legend, final Axis x, final Axis y) {
        this.x = x;
        this.y = y;
        final double widest = y.ticks().stream().mapToDouble(tick -> Style.SMALL.width(tick.label())).max().orElse(0);
        left = widest + 34;
        right = size.x() - RIGHT;
        final List<List<Key>> rows = rows(legend, size.x());
        top = TITLE_HEIGHT + rows.size() * LEGEND_ROW + 8;
        bottom = size.y() + rows.size() * LEGEND_ROW - BELOW;
        drawing = new Drawing(name, size.x(), bottom + BELOW);
        drawing.text(0, 15, titles.plot(), Style.TITLE, Anchor.START);
        drawLegend(rows);
        drawAxes(titles);
    }

    private static List<List<Key>> rows(final List<Key> legend, final double width) {
        final List<List<Key>> rows = new ArrayList<>();
        double used = Double.MAX_VALUE;
        for (final Key key : legend) {
            final double needed = keyWidth(key, width);
            if (used + needed > width) {
                rows.add(new ArrayList<>());
                used = 0;
            }
            rows.getLast().add(key);
            used += needed;
        }
        return rows;
    }

    private static String label(final Key key, final double width) {
        return Style.LABEL.fitted(key.label(), width - KEY - GAP);
    }

    private static double keyWidth(final Key key, final double width) {
        return KEY + GAP + Style.LABEL.width(label(key, width)) + BETWEEN;
    }

    private void drawLegend(final List<List<Key>> rows) {
        double baseline = TITLE_HEIGHT + 12;
        for (final List<Key> row : rows) {
            double at = 0;
            for (final Key key : row) {
                drawing.add(key.look() == Key.Look.DOTS ? new Drawing.Dot(at + KEY / 2, baseline - 4, 3, key.ink(), "")
                    : new Drawing.Line(List.of(new Point(at, baseline - 4), new Point(at + KEY, baseline - 4)),
                        key.ink(), 2.5, key.look() == Key.Look.DASHES));
                drawing.text(at + KEY + GAP, baseline, label(key, drawing.width()), Style.LABEL, Anchor.START);
                at += keyWidth(key, drawing.width());
            }
            baseline += LEGEND_ROW;
        }
    }

    private void drawAxes(final Titles titles) {
        for (final Axis.Tick tick : y.ticks()) {
            final double at = y(tick.value());
            drawing.line(left, at, right, at, Ink.RULE);
            drawing.text(left - 7, at + 4, tick.label(), Style.SMALL, Anchor.END);
        }
        double free = Double.NEGATIVE_INFINITY;
        for (final Axis.Tick tick : x.ticks()) {
            final double at = x(tick.value());
            drawing.line(at, top, at, bottom, Ink.RULE);
            final double half = Style.SMALL.width(tick.label()) / 2;
            final double middle = Math.min(at, drawing.width() - half);
            if (middle - half > free) {
                drawing.text(middle, bottom + 17, tick.label(), Style.SMALL, Anchor.MIDDLE);
                free = middle + half + TICK_ROOM;
            }
        }
        drawing.line(left, bottom, right, bottom, Ink.AXIS);
        drawing.text((left + right) / 2, bottom + 38, titles.alongX(), Style.SMALL, Anchor.MIDDLE);
        drawing.add(new Drawing.Text(11, (top + bottom) / 2, titles.alongY(), Style.SMALL, Anchor.MIDDLE, true));
    }

    double x(final double value) {
        return left + x.at(value) * (right - left);
    }

    double y(final double value) {
        return bottom - y.at(value) * (bottom - top);
    }

    /** A place in the drawing. */
    Point place(final double xValue, final double yValue) {
        return new Point(x(xValue), y(yValue));
    }

    /** A line through values. */
    void line(final List<Point> values, final Ink ink, final double width, final boolean dashes) {
        if (values.size() > 1) {
            drawing.add(new Drawing.Line(values.stream().map(value -> place(value.x(), value.y())).toList(), ink, width,
                dashes));
        }
    }

    /** A dot at a value. */
    void dot(final Point value, final double radius, final Ink ink, final String hint) {
        drawing.add(new Drawing.Dot(x(value.x()), y(value.y()), radius, ink, hint));
    }

    /** The ground between two lines through values at the same x. */
    void band(final List<Point> upper, final List<Point> lower, final Ink ink) {
        if (upper.size() > 1) {
            final List<Point> around = new ArrayList<>(upper.stream().map(v -> place(v.x(), v.y())).toList());
            lower.reversed().forEach(value -> around.add(place(value.x(), value.y())));
            drawing.add(new Drawing.Area(around, ink, 0.16));
        }
    }

    Drawing drawing() {
        return drawing;
    }
}
