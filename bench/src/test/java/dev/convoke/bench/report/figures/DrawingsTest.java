package dev.convoke.bench.report.figures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Drawing.Point;
import dev.convoke.bench.report.Grid;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Timeline;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whatever is drawn, it lies within the drawing and no text covers another. */
class DrawingsTest {
    private static final Point SIZE = new Point(508, 300);
    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    private void check(final Drawing drawing) {
        final String what = drawing.name() + ", seed " + seed;
        final List<Drawing.Text> texts = drawing.marks().stream().filter(Drawing.Text.class::isInstance)
            .map(Drawing.Text.class::cast).filter(text -> !text.turned()).toList();
        for (int i = 0; i < texts.size(); i++) {
            final Rectangle2D box = box(texts.get(i));
            assertTrue(box.getMinX() >= -1 && box.getMaxX() <= drawing.width() + 1 && box.getMaxY() <= drawing.height(),
                what + ": '" + texts.get(i).text() + "' lies outside: " + box + " of " + drawing.width());
            for (int j = 0; j < i; j++) {
                assertFalse(box.intersects(box(texts.get(j))), what + ": '" + texts.get(i).text() + "' covers '"
                    + texts.get(j).text() + "'");
            }
        }
        drawing.marks().forEach(mark -> points(mark).forEach(point -> assertTrue(point.x() >= -1
            && point.x() <= drawing.width() + 1 && point.y() >= -1 && point.y() <= drawing.height() + 1,
            what + ": " + mark)));
    }

    /** The letters, without what little goes below the line. */
    private static Rectangle2D box(final Drawing.Text text) {
        final double width = text.style().width(text.text());
        final double x = switch (text.anchor()) {
            case START -> text.x();
            case MIDDLE -> text.x() - width / 2;
            case END -> text.x() - width;
        };
        return new Rectangle2D.Double(x, text.y() - text.style().size() * 0.72, width, text.style().size() * 0.72);
    }

    private static List<Point> points(final Drawing.Mark mark) {
        return switch (mark) {
            case Drawing.Line line -> line.points();
            case Drawing.Area area -> area.points();
            case Drawing.Box box -> List.of(new Point(box.x(), box.y()), new Point(box.x() + box.width(),
                box.y() + box.height()));
            case Drawing.Dot dot -> List.of(new Point(dot.x(), dot.y()));
            case Drawing.Text _ -> List.of();
        };
    }

    private double[] latencies(final int count) {
        final double scale = Math.pow(10, random.nextInt(-2, 5));
        return IntStream.range(0, count).mapToDouble(_ -> scale * Math.exp(3 * random.nextGaussian())).toArray();
    }

    private String name() {
        return "run-".repeat(1 + random.nextInt(6)) + random.nextInt(1000);
    }

    @Test
    void shouldDrawPercentilesOfAnything() {
        for (int round = 0; round < 60; round++) {
            final Map<String, Percentiles> runs = new LinkedHashMap<>();
            for (int run = 0; run <= random.nextInt(8); run++) {
                runs.put(name() + run, random.nextInt(4) == 0 ? new Percentiles(50, List.of(
                    new Percentiles.Point(50, random.nextDouble()), new Percentiles.Point(99, 1 + random.nextDouble())),
                    true) : Percentiles.of(latencies(1 + random.nextInt(3000))));
            }
            check(PercentilePlot.of("percentiles", "Title", SIZE, runs, Ink.series(runs.size())));
        }
    }

    @Test
    void shouldDrawTimelinesOfAnything() {
        for (int round = 0; round < 60; round++) {
            final int count = 1 + random.nextInt(500);
            final double step = 0.01 * (1 + round);
            final double[] seconds = IntStream.range(0, count).mapToDouble(i -> i * step).toArray();
            final Timeline timeline = Timeline.of(seconds, latencies(count));
            check(TimePlot.of("time", "Title", SIZE, timeline, TimePlot.axis(List.of(timeline))));
        }
    }

    @Test
    void shouldDrawLoadsOfAnything() {
        for (int round = 0; round < 60; round++) {
            final List<LoadPlot.Series> series = new ArrayList<>();
            for (int line = 0; line <= random.nextInt(6); line++) {
                final double[] values = latencies(1 + random.nextInt(12));
                series.add(new LoadPlot.Series(name(), Ink.SERIES_1, line % 2 == 0, IntStream.range(0, values.length)
                    .mapToObj(i -> new Point(Math.pow(1.7, i), values[i])).toList()));
            }
            check(LoadPlot.of("load", SIZE, "Title", "ms", series));
        }
    }

    @Test
    void shouldDrawBarsOfAnything() {
        final List<String> parts = Breakdown.order();
        for (int round = 0; round < 60; round++) {
            final int categories = 1 + random.nextInt(70);
            final double[] sizes = latencies(parts.size());
            final Breakdown breakdown = new Breakdown("layer", "µs", IntStream.range(0, categories)
                .mapToObj(i -> random.nextInt(3) == 0 ? name() + i : String.valueOf(i)).toList(), parts,
                IntStream.range(0, categories).mapToObj(_ -> IntStream.range(0, parts.size())
                    .mapToDouble(part -> random.nextInt(4) == 0 ? 0 : sizes[part] * random.nextDouble()).toArray())
                    .toList());
            check(StackedBars.of("bars", "Title", random.nextBoolean() ? 508 : 1040, breakdown));
        }
    }

    @Test
    void shouldDrawHeatMapsOfAnyShape() {
        for (final int experts : new int[] {1, 2, 8, 16, 64, 128, 256}) {
            for (final int layers : new int[] {1, 6, 32, 61}) {
                final Grid grid = new Grid("", IntStream.range(0, layers).boxed().toList(), IntStream.range(0, layers)
                    .mapToObj(_ -> latencies(experts)).toList());
                final double width = experts > 12 ? 1040 : 508;
                final Drawing drawing = HeatMap.of("heat-" + layers + "x" + experts, "Title", width, grid);
                check(drawing);
                assertTrue(experts > 128 || drawing.width() <= width, drawing.width() + " of " + width);
            }
        }
    }

    @Test
    void shouldPlaceRoundNumbersAroundTheValues() {
        for (int round = 0; round < 2000; round++) {
            final double most = Math.pow(10, random.nextDouble(-3, 7));
            final Axis linear = Axis.linear(most);
            assertTrue(linear.to() >= most * (1 - 1e-9) && linear.to() <= most * 1.7, most + " " + linear);
            assertTrue(linear.ticks().size() >= 3 && linear.ticks().size() <= 8, most + " " + linear);
            final double least = most / Math.pow(10, random.nextDouble(1, 6));
            final Axis logarithmic = Axis.logarithmic(least, most);
            assertTrue(logarithmic.from() <= least * (1 + 1e-9) && logarithmic.to() >= most * (1 - 1e-9),
                least + " " + most + " " + logarithmic);
            assertTrue(logarithmic.ticks().size() >= 2 && logarithmic.ticks().size() <= 10,
                least + " " + most + " " + logarithmic);
            for (final Axis axis : List.of(linear, logarithmic)) {
                assertEquals(axis.ticks().size(), axis.ticks().stream().map(Axis.Tick::label).distinct().count(),
                    axis.toString());
            }
        }
    }
}
