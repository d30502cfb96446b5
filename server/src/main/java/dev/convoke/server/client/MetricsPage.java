package dev.convoke.server.client;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Metrics as Prometheus reads them. What is not a series with a number is passed over. */
public final class MetricsPage {
    private static final Pattern SERIES = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (-?[\\d.eE+-]+)(?: \\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*+)\"");

    private record Series(String name, Map<String, String> labels) {
    }

    private final Map<Series, Double> values = new HashMap<>();

    /** Reads the page. */
    public MetricsPage(final String text) {
        text.lines().filter(line -> !line.startsWith("#")).map(SERIES::matcher).filter(Matcher::matches)
            .forEach(line -> values.put(new Series(line.group(1), labels(line.group(2))), number(line.group(3))));
    }

    private static double number(final String text) {
        try {
            return Double.parseDouble(text);
        } catch (final NumberFormatException e) {
            return 0;
        }
    }

    private static Map<String, String> labels(final String text) {
        final Map<String, String> labels = new HashMap<>();
        if (text != null) {
            final Matcher matcher = LABEL.matcher(text);
            while (matcher.find()) {
                labels.put(matcher.group(1), matcher.group(2).replace("\\\"", "\"").replace("\\\\", "\\"));
            }
        }
        return labels;
    }

    /** The sum of all series of a name. */
    public double sum(final String name) {
        return sum(name, Map.of());
    }

    /** The sum of all series of a name that carry some labels. */
    public double sum(final String name, final Map<String, String> labels) {
        return values.entrySet().stream().filter(entry -> entry.getKey().name().equals(name)
            && entry.getKey().labels().entrySet().containsAll(labels.entrySet()))
            .mapToDouble(Map.Entry::getValue).sum();
    }

    /** What a label says in the series of a name; empty where a series does not have it. */
    public TreeSet<String> values(final String name, final String label) {
        final TreeSet<String> found = new TreeSet<>();
        values.keySet().stream().filter(series -> series.name().equals(name))
            .forEach(series -> found.add(series.labels().getOrDefault(label, "")));
        return found;
    }
}
