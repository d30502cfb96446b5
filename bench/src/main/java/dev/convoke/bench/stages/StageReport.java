package dev.convoke.bench.stages;

import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Where the time of a run went, by stage, by what was waited for, and by layer. */
public final class StageReport {
    private static final double US = 1e-3;
    private static final String[] PARTS = {"expert", "queue", "network"};
    private static final String PART = "part";

    private final long wallNs;
    private final TimingsSnapshot spent;
    private final double costNs;

    StageReport(final long wallNs, final TimingsSnapshot spent, final long changes, final RecordingCost cost) {
        this.wallNs = wallNs;
        this.spent = spent;
        this.costNs = changes * cost.changeNs() + spent.records() * cost.recordNs();
    }

    /** Share of the time seen from outside that the stages add up to. */
    public double accounted() {
        return (double)stepNs() / wallNs;
    }

    /** Share of the time that timing took, by its measured cost. */
    public double overhead() {
        return costNs / wallNs;
    }

    private long stepNs() {
        return spent.ns(StageClock.STAGE, Map.of());
    }

    /** Name and microseconds of every stage and part of the wait, then by layer; for machines. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("wall_us", wallNs * US);
        map.put("accounted", accounted());
        map.put("recording_overhead", overhead());
        final Map<String, Object> stages = new LinkedHashMap<>();
        for (final Stage stage : Stage.values()) {
            stages.put(stage.label(), spent.ns(StageClock.STAGE, Map.of("stage", stage.label())) * US);
        }
        map.put("stages_us", stages);
        final Map<String, Object> waits = new LinkedHashMap<>();
        for (final String part : PARTS) {
            waits.put(part, spent.ns("moe_layer_wait_seconds", Map.of(PART, part)) * US);
        }
        map.put("wait_us", waits);
        map.put("layers_us", layers());
        return map;
    }

    private Map<Integer, Map<String, Double>> layers() {
        final Map<Integer, Map<String, Double>> layers = new TreeMap<>();
        spent.sumsNs().forEach((identity, ns) -> {
            if (identity.name().equals(StageClock.LAYER_STAGE)) {
                layers.computeIfAbsent(Integer.valueOf(identity.labels().get("layer")), _ -> new TreeMap<>())
                    .put(identity.labels().get("stage"), ns * US);
            }
        });
        return layers;
    }

    /** For people. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("| stage | ms | share |\n|---|---:|---:|\n");
        for (final Stage stage : Stage.values()) {
            row(text, stage.label(), spent.ns(StageClock.STAGE, Map.of("stage", stage.label())));
            if (stage == Stage.WAIT) {
                for (final String part : PARTS) {
                    row(text, "- for " + part, spent.ns("moe_layer_wait_seconds", Map.of(PART, part)));
                }
            }
        }
        return text.append(String.format(Locale.ROOT, "%nThe stages add up to %.2f %% of the %.1f ms seen from outside;"
            + " timing took %.3f %% of them.%n", 100 * accounted(), wallNs * 1e-6, 100 * overhead())).toString();
    }

    private void row(final StringBuilder text, final String name, final long ns) {
        text.append(String.format(Locale.ROOT, "| %s | %.2f | %.1f %% |%n", name, ns * 1e-6, 100.0 * ns / stepNs()));
    }
}
