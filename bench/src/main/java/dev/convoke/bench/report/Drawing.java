package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A figure as marks at fixed places, from the back to the front: what is written as SVG and as an image alike. Lengths
 * are pixels, y goes down.
 */
public final class Drawing {
    private final String name;
    private final double width;
    private final double height;
    private final List<Mark> marks = new ArrayList<>();

    /**
     * An empty drawing.
     *
     * @param name for files: lower case with hyphens
     */
    public Drawing(final String name, final double width, final double height) {
        this.name = name;
        this.width = width;
        this.height = height;
    }

    /** A thing that is drawn. */
    public sealed interface Mark {
    }

    /** A place. */
    public record Point(double x, double y) {
    }

    /**
     * A line through points.
     *
     * @param width  of the stroke
     * @param dashes whether it is broken, as lines are that are only seconds
     */
    public record Line(List<Point> points, Ink ink, double width, boolean dashes) implements Mark {
    }

    /** A filled shape. */
    public record Area(List<Point> points, Ink ink, double opacity) implements Mark {
    }

    /**
     * A filled rectangle.
     *
     * @param hint what it says when pointed at; empty for nothing
     */
    public record Box(double x, double y, double width, double height, Ink ink, String hint) implements Mark {
    }

    /**
     * A filled circle.
     *
     * @param hint what it says when pointed at; empty for nothing
     */
    public record Dot(double x, double y, double radius, Ink ink, String hint) implements Mark {
    }

    /**
     * A line of text on its base line.
     *
     * @param anchor which point of it lies at x
     * @param turned whether it reads upwards
     */
    public record Text(double x, double y, String text, Style style, Anchor anchor, boolean turned) implements Mark {
    }

    /** Which point of a text is placed. */
    public enum Anchor {
        /** Its beginning. */
        START,
        /** Its middle. */
        MIDDLE,
        /** Its end. */
        END
    }

    /** Adds a mark in front of the others. */
    public Drawing add(final Mark mark) {
        marks.add(mark);
        return this;
    }

    /** Adds a text that is not turned. */
    public Drawing text(final double x, final double y, final String text, final Style style, final Anchor anchor) {
        return add(new Text(x, y, text, style, anchor, false));
    }

    /** Adds a straight line. */
    public Drawing line(final double x1, final double y1, final double x2, final double y2, final Ink ink) {
        return add(new Line(List.of(new Point(x1, y1), new Point(x2, y2)), ink, 1, false));
    }

    /** For files. */
    public String name() {
        return name;
    }

    /** Pixels. */
    public double width() {
        return width;
    }

    /** Pixels. */
    public double height() {
        return height;
    }

    /** From the back to the front. */
    public List<Mark> marks() {
        return List.copyOf(marks);
    }
}
