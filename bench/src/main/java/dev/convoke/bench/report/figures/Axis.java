package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Digits;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Places values along a line. {@link #at} is a share of its length, 0 to 1.
 *
 * @param from        the value at its beginning
 * @param to          at its end
 * @param logarithmic whether equal distances are equal ratios
 * @param ticks       where values are written
 */
record Axis(double from, double to, boolean logarithmic, List<Tick> ticks) {
    private static final int WANTED_TICKS = 5;
    private static final double[] LOGARITHMIC_STEPS = {1, 2, 5};

    /** A value that is written. */
    record Tick(double value, String label) {
    }

    /** From zero to a round number at or beyond a value. */
    static Axis linear(final double most) {
        final double end = most > 0 ? most : 1;
        final double rough = end / WANTED_TICKS;
        final double magnitude = Math.pow(10, Math.floor(Math.log10(rough)));
        final double relative = rough / magnitude;
        final double step = magnitude * (relative <= 1 ? 1 : relative <= 2 ? 2 : relative <= 2.5 ? 2.5
            : relative <= 5 ? 5 : 10);
        final int steps = (int)Math.ceil(end / step - 1e-9);
        final int decimals = Math.max(0, -(int)Math.floor(Math.log10(step) + 1e-9)) + (step / magnitude == 2.5 ? 1 : 0);
        final List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i <= steps; i++) {
            ticks.add(new Tick(i * step, i == 0 ? "0" : Digits.fixed(i * step, decimals)));
        }
        return new Axis(0, steps * step, false, ticks);
    }

    /** By ratios, from a round number at or below the least value (above zero) to one at or beyond the most. */
    static Axis logarithmic(final double least, final double most) {
        final List<Double> steps = new ArrayList<>();
        for (int exponent = (int)Math.floor(Math.log10(least)); exponent <= Math.ceil(Math.log10(most)); exponent++) {
            for (final double step : LOGARITHMIC_STEPS) {
                steps.add(step * Math.pow(10, exponent));
            }
        }
        while (steps.size() > 2 && steps.get(1) <= least * (1 + 1e-9)) {
            steps.removeFirst();
        }
        while (steps.size() > 2 && steps.get(steps.size() - 2) >= most * (1 - 1e-9)) {
            steps.removeLast();
        }
        final boolean tensOnly = steps.size() > 10;
        final List<Tick> ticks = steps.stream()
            .filter(step -> !tensOnly || String.format(Locale.ROOT, "%.0e", step).startsWith("1"))
            .map(step -> new Tick(step, Digits.fixed(step, step >= 1 ? 0 : (int)Math.ceil(-Math.log10(step) - 1e-9))))
            .toList();
        return new Axis(steps.getFirst(), steps.getLast(), true, ticks);
    }

    /** Where a value lies; those beyond the ends lie at the ends. */
    double at(final double value) {
        final double share = logarithmic ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
            : (value - from) / (to - from);
        return Math.clamp(share, 0, 1);
    }
}
