package dev.convoke.bench.report;

import java.util.Locale;
import java.util.stream.DoubleStream;

/** Numbers as people read them: no more digits than say something, thousands apart. */
public final class Digits {
    private static final int MOST_DECIMALS = 4;
    private static final int WANTED = 3;
    private static final double WIDE = 100;
    private static final char THIN_SPACE = '\u2009';

    private Digits() {
    }

    /** Three significant digits, and all of those before the point. */
    public static String of(final double value) {
        return fixed(value, decimals(value));
    }

    /** Decimals that show three significant digits of a value, and no trailing places for whole numbers. */
    public static int decimals(final double value) {
        final double size = Math.abs(value);
        if (size == 0 || !Double.isFinite(size) || size == Math.rint(size) && size < 1e6) {
            return 0;
        }
        return Math.clamp(WANTED - 1 - (int)Math.floor(Math.log10(size)), 0, MOST_DECIMALS);
    }

    /** Decimals for a column, by its smaller values but no more than its larger ones can carry. */
    public static int decimals(final DoubleStream values) {
        final double[] sizes = values.filter(Double::isFinite).map(Math::abs).filter(v -> v > 0).sorted().toArray();
        if (sizes.length == 0 || DoubleStream.of(sizes).allMatch(v -> v == Math.rint(v))) {
            return 0;
        }
        final double small = sizes[sizes.length / 4];
        return Math.max(0, decimals(small + 1e-12) - (sizes[sizes.length - 1] > WIDE * small ? 1 : 0));
    }

    /** With so many decimals; a dash for what is missing. */
    public static String fixed(final double value, final int decimals) {
        if (Double.isNaN(value)) {
            return "–";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "-∞";
        }
        final String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        final int point = text.indexOf('.') < 0 ? text.length() : text.indexOf('.');
        final StringBuilder grouped = new StringBuilder(text);
        final int first = text.startsWith("-") ? 1 : 0;
        if (point - first > 4) {
            for (int at = point - 3; at > first; at -= 3) {
                grouped.insert(at, THIN_SPACE);
            }
        }
        return grouped.toString();
    }

    /** A ratio, as in ×1.25. */
    public static String ratio(final double ratio) {
        return "×" + (ratio >= 99.5 ? String.format(Locale.ROOT, "%.0f", ratio)
            : ratio >= 9.95 ? String.format(Locale.ROOT, "%.1f", ratio)
            : ratio >= 0.0995 ? String.format(Locale.ROOT, "%.2f", ratio) : fixed(ratio, decimals(ratio)));
    }
}
