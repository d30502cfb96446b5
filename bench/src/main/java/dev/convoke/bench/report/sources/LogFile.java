package dev.convoke.bench.report.sources;

import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Timeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/**
 * HdrHistogram logs, values in nanoseconds: of {@code bench serve --hlog}, tagged by metric, and of
 * {@code serve --histogram-log}, tagged by measurement and labels ({@code moe_stage_seconds.stage=gate}).
 */
final class LogFile {
    private static final int DIGITS = 3;
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_US = 1e3;
    private static final double MS_PER_S = 1000;
    private static final Pattern LABEL = Pattern.compile("\\.([a-z_]+)=(.*?)(?=\\.[a-z_]+=|$)");

    private final Map<String, Histogram> totals = new LinkedHashMap<>();
    private final Map<String, List<Timeline.Interval>> intervals = new LinkedHashMap<>();
    private String damage = "";
    private long firstMs = Long.MAX_VALUE;

    /** Reads as far as the file goes; what is wrong with the rest is told by {@link #damage}. */
    static LogFile read(final Path file) throws IOException {
        final LogFile log = new LogFile();
        if (!Files.readString(file, StandardCharsets.ISO_8859_1).contains("Histogram")) {
            throw new DamagedResult("is no HdrHistogram log");
        }
        try (HistogramLogReader reader = new HistogramLogReader(file.toFile())) {
            for (EncodableHistogram next = reader.nextIntervalHistogram(); next != null;
                next = reader.nextIntervalHistogram()) {
                if (next instanceof final Histogram histogram && histogram.getTotalCount() > 0) {
                    log.add(histogram);
                }
            }
        } catch (final RuntimeException e) {
            log.damage = "is damaged after " + log.intervals.values().stream().mapToInt(List::size).sum()
                + " intervals";
        }
        if (log.totals.isEmpty()) {
            throw new DamagedResult(log.damage.isEmpty() ? "holds no intervals" : log.damage);
        }
        return log;
    }

    private void add(final Histogram histogram) {
        final String tag = histogram.getTag() == null ? "latency" : histogram.getTag();
        totals.computeIfAbsent(tag, _ -> new Histogram(DIGITS)).add(histogram);
        firstMs = Math.min(firstMs, histogram.getStartTimeStamp());
        intervals.computeIfAbsent(tag, _ -> new ArrayList<>()).add(new Timeline.Interval(
            ((histogram.getStartTimeStamp() + histogram.getEndTimeStamp()) / 2.0 - firstMs) / MS_PER_S,
            histogram.getValueAtPercentile(50) / NS_PER_MS, histogram.getValueAtPercentile(99) / NS_PER_MS,
            histogram.getMaxValue() / NS_PER_MS));
    }

    /** Why the file could not be read to its end; empty if it could. */
    String damage() {
        return damage;
    }

    /** Adds what was read to a run. */
    void addTo(final Run.Builder run) {
        totals.forEach((tag, histogram) -> {
            if (tag.startsWith("moe_layer_")) {
                // Sums of intervals, not durations.
                return;
            }
            final String metric = metric(tag);
            run.distribution(metric, Percentiles.of(histogram));
            run.timeline(metric, new Timeline(intervals.get(tag)));
        });
        addStages(run);
    }

    /** {@code stage: gate} for {@code moe_stage_seconds.stage=gate}, and so on. */
    private static String metric(final String tag) {
        final Map<String, String> labels = labels(tag);
        final String name = tag.contains("=") ? tag.substring(0, tag.indexOf('.')) : tag;
        return switch (name) {
            case "moe_step_seconds" -> "step";
            case "moe_stage_seconds" -> "stage: " + labels.get("stage");
            case "moe_host_seconds" -> "host: " + labels.get("host") + ", " + labels.get("part");
            default -> labels.isEmpty() ? name : name + ": " + String.join(", ", labels.values());
        };
    }

    private static Map<String, String> labels(final String tag) {
        final Map<String, String> labels = new LinkedHashMap<>();
        final Matcher matcher = LABEL.matcher(tag);
        while (matcher.find()) {
            labels.put(matcher.group(1), matcher.group(2));
        }
        return labels;
    }

    private void addStages(final Run.Builder run) {
        final Map<String, Double> amounts = new LinkedHashMap<>();
        totals.forEach((tag, histogram) -> {
            if (tag.startsWith("moe_stage_seconds.")) {
                amounts.put(labels(tag).get("stage"), perStep(histogram));
            }
        });
        if (!amounts.isEmpty()) {
            divideWait(amounts);
            run.breakdown(new Breakdown("run", unit(), List.of("all"), List.copyOf(amounts.keySet()),
                List.of(amounts.values().stream().mapToDouble(Double::doubleValue).toArray())).inOrder());
        }
        addEach(run, "layer", "moe_layer_stage_seconds.", "moe_layer_wait_seconds.");
        addEach(run, "host", "moe_host_seconds.", "none");
    }

    /** What was waited for, of all layers together, in the place of the wait. */
    private void divideWait(final Map<String, Double> amounts) {
        totals.forEach((tag, histogram) -> {
            if (tag.startsWith("moe_layer_wait_seconds.")) {
                amounts.remove("wait");
                amounts.merge("wait: " + labels(tag).get("part"), perStep(histogram), Double::sum);
            }
        });
    }

    private void addEach(final Run.Builder run, final String subject, final String prefix, final String waits) {
        final Map<String, Map<String, Double>> categories = new LinkedHashMap<>();
        final Set<String> parts = new LinkedHashSet<>();
        final boolean divided = totals.keySet().stream().anyMatch(tag -> tag.startsWith(waits));
        totals.forEach((tag, histogram) -> {
            final Map<String, String> labels = labels(tag);
            final String part = tag.startsWith(waits) ? "wait: " + labels.get("part")
                : labels.getOrDefault("stage", labels.get("part"));
            if (tag.startsWith(waits) || tag.startsWith(prefix) && !(divided && part.equals("wait"))) {
                parts.add(part);
                categories.computeIfAbsent(labels.get(subject), _ -> new LinkedHashMap<>())
                    .put(part, perStep(histogram));
            }
        });
        final List<String> names = categories.keySet().stream()
            .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())).toList();
        if (!names.isEmpty()) {
            run.breakdown(new Breakdown(subject, unit(), names, List.copyOf(parts), names.stream().map(name ->
                parts.stream().mapToDouble(part -> categories.get(name).getOrDefault(part, 0.0)).toArray()).toList())
                .inOrder());
        }
    }

    private long steps() {
        return totals.containsKey("moe_step_seconds") ? totals.get("moe_step_seconds").getTotalCount() : 0;
    }

    private String unit() {
        return steps() > 0 ? "µs per step" : "µs";
    }

    private double perStep(final Histogram histogram) {
        return histogram.getMean() * histogram.getTotalCount() / NS_PER_US / Math.max(1, steps());
    }
}
