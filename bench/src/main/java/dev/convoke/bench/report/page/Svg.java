package dev.convoke.bench.report.page;

import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Style;
import java.util.List;
import java.util.Locale;

/** Writes drawings as inline SVG, coloured by the page's style sheet. */
final class Svg {
    private final StringBuilder text = new StringBuilder();

    private Svg() {
    }

    static String of(final Drawing drawing) {
        final Svg svg = new Svg();
        svg.text.append(String.format(Locale.ROOT, "<svg viewBox=\"0 0 %s %s\" "
            + "width=\"%s\" height=\"%s\" role=\"img\" aria-label=\"%s\">", number(drawing.width()),
            number(drawing.height()), number(drawing.width()), number(drawing.height()),
            Html.escaped(drawing.name())));
        drawing.marks().forEach(svg::add);
        return svg.text.append("</svg>").toString();
    }

    private void add(final Drawing.Mark mark) {
        switch (mark) {
            case Drawing.Line line -> text.append("<path d=\"").append(path(line.points())).append("\" fill=\"none\" "
                + "class=\"s-").append(line.ink().key()).append("\" stroke-width=\"").append(number(line.width()))
                .append(line.dashes() ? "\" stroke-dasharray=\"5 4\"/>" : "\"/>");
            case Drawing.Area area -> text.append("<path d=\"").append(path(area.points())).append("Z\" class=\"f-")
                .append(area.ink().key()).append("\" fill-opacity=\"").append(number(area.opacity())).append("\"/>");
            case Drawing.Box box -> hinted("rect", " x=\"" + number(box.x()) + "\" y=\"" + number(box.y())
                + "\" width=\"" + number(box.width()) + "\" height=\"" + number(box.height()) + "\" class=\"f-"
                + box.ink().key() + "\"", box.hint());
            case Drawing.Dot dot -> hinted("circle", " cx=\"" + number(dot.x()) + "\" cy=\"" + number(dot.y())
                + "\" r=\"" + number(dot.radius()) + "\" class=\"f-" + dot.ink().key() + "\"", dot.hint());
            case Drawing.Text words -> add(words);
        }
    }

    private void hinted(final String element, final String attributes, final String hint) {
        text.append('<').append(element).append(attributes);
        if (hint.isEmpty()) {
            text.append("/>");
        } else {
            text.append(" data-hint=\"").append(Html.escaped(hint)).append("\"><title>").append(Html.escaped(hint))
                .append("</title></").append(element).append('>');
        }
    }

    private void add(final Drawing.Text words) {
        final Style style = words.style();
        text.append("<text x=\"").append(number(words.x())).append("\" y=\"").append(number(words.y()))
            .append("\" class=\"t-").append(style.name().toLowerCase(Locale.ROOT)).append('"');
        if (words.anchor() != Drawing.Anchor.START) {
            text.append(" text-anchor=\"").append(words.anchor() == Drawing.Anchor.END ? "end" : "middle").append('"');
        }
        if (words.turned()) {
            text.append(" transform=\"rotate(-90 ").append(number(words.x())).append(' ').append(number(words.y()))
                .append(")\"");
        }
        text.append('>').append(Html.escaped(words.text())).append("</text>");
    }

    private static String path(final List<Point> points) {
        final StringBuilder path = new StringBuilder();
        for (final Point point : points) {
            path.append(path.isEmpty() ? 'M' : 'L').append(number(point.x())).append(' ').append(number(point.y()));
        }
        return path.toString();
    }

    /** To a tenth of a pixel and without needless zeros. */
    private static String number(final double value) {
        final String number = String.format(Locale.ROOT, "%.2f", value);
        return number.endsWith(".00") ? number.substring(0, number.length() - 3)
            : number.endsWith("0") ? number.substring(0, number.length() - 1) : number;
    }
}
