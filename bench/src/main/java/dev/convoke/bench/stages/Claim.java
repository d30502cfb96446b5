package dev.convoke.bench.stages;

import dev.convoke.bench.Spread;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is claimed of a figure, and what was measured.
 *
 * @param what    in words, with the figure to be put in for {@code %s}
 * @param percent as measured in each run; the median counts
 * @param least   that it may be
 * @param most    that it may be
 */
record Claim(String what, Spread percent, double least, double most) {
    boolean holds() {
        return percent.median() >= least && percent.median() <= most;
    }

    Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("claim", String.format(Locale.ROOT, what, "[percent]"));
        map.put("holds", holds());
        map.put("percent", percent.toMap());
        map.put("least", least);
        map.put("most", most);
        return map;
    }

    @Override
    public String toString() {
        return (holds() ? "PASS: " : "FAIL: ") + String.format(Locale.ROOT, what, String.format(Locale.ROOT,
            "%.3f %% [%.3f-%.3f]", percent.median(), percent.least(), percent.most()))
            + String.format(Locale.ROOT, "; asked for: %s%.0f %%.%n", least > 0
            ? String.format(Locale.ROOT, "%.0f to ", least) : "at most ", most);
    }
}
