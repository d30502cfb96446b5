package dev.convoke.bench.report.images;

import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Style;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** A drawing in light colours as PNG, twice as large so that it is sharp on fine screens and in print. */
public final class Image {
    private static final double SCALE = 2;
    private static final double MARGIN = 16;
    private static final float[] DASHES = {5, 4};

    private final Graphics2D graphics;

    private Image(final Graphics2D graphics) {
        this.graphics = graphics;
    }

    /** Writes the file {@code NAME.png} and returns it. Fails with an Error where Java has no fonts to draw with. */
    public static Path write(final Drawing drawing, final Path directory) throws IOException {
        System.setProperty("java.awt.headless", "true");
        final BufferedImage pixels = new BufferedImage((int)Math.ceil((drawing.width() + 2 * MARGIN) * SCALE),
            (int)Math.ceil((drawing.height() + 2 * MARGIN) * SCALE), BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = pixels.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            graphics.setColor(Color.decode(Ink.PAGE.light()));
            graphics.fillRect(0, 0, pixels.getWidth(), pixels.getHeight());
            graphics.scale(SCALE, SCALE);
            graphics.translate(MARGIN, MARGIN);
            final Image image = new Image(graphics);
            drawing.marks().forEach(image::draw);
        } finally {
            graphics.dispose();
        }
        Files.createDirectories(directory);
        final Path file = directory.resolve(drawing.name() + ".png");
        ImageIO.write(pixels, "png", file.toFile());
        return file;
    }

    private void draw(final Drawing.Mark mark) {
        switch (mark) {
            case Drawing.Line line -> {
                use(line.ink(), 1);
                graphics.setStroke(new BasicStroke((float)line.width(), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND,
                    1, line.dashes() ? DASHES : null, 0));
                graphics.draw(path(line.points()));
            }
            case Drawing.Area area -> {
                use(area.ink(), area.opacity());
                graphics.fill(path(area.points()));
            }
            case Drawing.Box box -> {
                use(box.ink(), 1);
                graphics.fill(new Rectangle2D.Double(box.x(), box.y(), box.width(), box.height()));
            }
            case Drawing.Dot dot -> {
                use(dot.ink(), 1);
                graphics.fill(new Ellipse2D.Double(dot.x() - dot.radius(), dot.y() - dot.radius(), 2 * dot.radius(),
                    2 * dot.radius()));
            }
            case Drawing.Text words -> draw(words);
        }
    }

    /** Faces differ in width from what the layout counts with; wider ones are narrowed, so that nothing overlaps. */
    private void draw(final Drawing.Text words) {
        final Style style = words.style();
        use(style.ink(), 1);
        graphics.setFont(new Font(Font.SANS_SERIF, style.bold() ? Font.BOLD : Font.PLAIN, 1)
            .deriveFont((float)style.size()));
        final double natural = graphics.getFontMetrics().getStringBounds(words.text(), graphics).getWidth();
        final double squeeze = Math.min(1, style.width(words.text()) / Math.max(natural, 1e-9));
        final double before = switch (words.anchor()) {
            case START -> 0;
            case MIDDLE -> natural / 2;
            case END -> natural;
        };
        final AffineTransform saved = graphics.getTransform();
        graphics.translate(words.x(), words.y());
        if (words.turned()) {
            graphics.rotate(-Math.PI / 2);
        }
        graphics.scale(squeeze, 1);
        graphics.drawString(words.text(), (float)-before, 0);
        graphics.setTransform(saved);
    }

    private void use(final Ink ink, final double opacity) {
        final Color colour = Color.decode(ink.light());
        graphics.setColor(new Color(colour.getRed(), colour.getGreen(), colour.getBlue(),
            (int)Math.round(255 * opacity)));
    }

    private static Path2D path(final List<Point> points) {
        final Path2D path = new Path2D.Double();
        path.moveTo(points.getFirst().x(), points.getFirst().y());
        points.stream().skip(1).forEach(point -> path.lineTo(point.x(), point.y()));
        return path;
    }
}
