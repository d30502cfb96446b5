package dev.convoke.bench.resilience;

import dev.convoke.bench.Spread;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One figure of a trial, held to a bound or only told.
 *
 * @param trial  its name
 * @param figure what it is
 * @param value  that is judged
 * @param spread of the runs it comes from
 * @param unit   may be empty
 * @param bound  that is judged by, if it is
 * @param isLeast whether the value shall be at least that; otherwise at most
 */
public record Line(String trial, String figure, double value, Spread spread, String unit, OptionalDouble bound,
    boolean isLeast) {

    /** Whether the bound is kept. */
    public boolean holds() {
        return bound.isEmpty() || (isLeast ? value >= bound.getAsDouble() : value <= bound.getAsDouble());
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("trial", trial);
        map.put("figure", figure);
        map.put("value", value);
        map.put("runs", spread.toMap());
        map.put("unit", unit);
        bound.ifPresent(limit -> {
            map.put(isLeast ? "at_least" : "at_most", limit);
            map.put("verdict", verdict());
        });
        return map;
    }

    private String verdict() {
        return bound.isEmpty() ? "" : holds() ? "PASS" : "FAIL";
    }

    /** A row of the table. */
    String row() {
        final String range = spread.samples() == 1 ? "" : "%s [%s-%s] of %d".formatted(number(spread.median()),
            number(spread.least()), number(spread.most()), spread.samples());
        final String goal = bound.isEmpty() ? "" : (isLeast ? "at least " : "at most ") + number(bound.getAsDouble());
        return "| " + String.join(" | ", trial, figure, (number(value) + " " + unit).strip(), range, goal, verdict())
            + " |\n";
    }

    private static String number(final double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9 ? Long.toString((long)value)
            : String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%.1f", value);
    }
}
