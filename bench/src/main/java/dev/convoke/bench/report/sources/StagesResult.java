package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Measure;
import dev.convoke.bench.report.Run;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Results of {@code bench stages --json}: microseconds by stage, layer and host. */
final class StagesResult implements ResultReader {
    private static final double US_PER_MS = 1000;
    private static final String PER_STEP = "µs per step";
    private static final String WAIT = "wait";

    @Override
    public boolean recognises(final JsonNode result) {
        return result.path("benchmark").asText().equals("stages") || result.has("stages_us");
    }

    @Override
    public void read(final JsonNode file, final Run.Builder run) {
        final JsonNode result = file.has("results") ? file.path("results").path(0) : file;
        if (!result.path("stages_us").isObject()) {
            throw new DamagedResult("has no stages_us");
        }
        run.kind("stages").date(file.path("date").asText(""));
        Descriptions.pairs(file.path("machine")).forEach(run::machine);
        Descriptions.pairs(file.path("settings")).forEach(run::setting);
        measure(run, "wall_ms", "Seen from outside", "ms", result.path("wall_us").asDouble() / US_PER_MS);
        if (result.has("tokens_per_second")) {
            run.measure(new Measure("tokens_per_second", "Throughput", "tok/s", Measure.Better.HIGHER),
                result.get("tokens_per_second").asDouble());
        }
        measure(run, "accounted", "Stages add up to", "%", 100 * result.path("accounted").asDouble());
        measure(run, "recording_overhead", "Timing took", "%", 100 * result.path("recording_overhead").asDouble());
        if (result.has("steps")) {
            measure(run, "steps", "Steps", "", result.get("steps").asDouble());
        }
        final double steps = Math.max(1, result.path("steps").asDouble(1));
        add(run, "run", List.of(result.path("stages_us")), List.of("all"), List.of(result.path("wait_us")),
            steps);
        addEach(run, "layer", result.path("layers_us"), result.path("layer_waits_us"), steps);
        addEach(run, "host", result.path("hosts_us"), result.path("none"), steps);
    }

    private static void measure(final Run.Builder run, final String key, final String label, final String unit,
        final double value) {
        run.measure(new Measure(key, label, unit, Measure.Better.NEITHER), value);
    }

    private static void addEach(final Run.Builder run, final String subject, final JsonNode byCategory,
        final JsonNode waits, final double steps) {
        final List<String> categories = new ArrayList<>();
        final List<JsonNode> amounts = new ArrayList<>();
        final List<JsonNode> divided = new ArrayList<>();
        for (final Map.Entry<String, JsonNode> entry : byCategory.properties()) {
            categories.add(entry.getKey());
            amounts.add(entry.getValue());
            divided.add(waits.path(entry.getKey()));
        }
        if (!categories.isEmpty()) {
            add(run, subject, amounts, categories, divided, steps);
        }
    }

    /** Where it is known what the wait was for, these parts stand in its place. */
    private static void add(final Run.Builder run, final String subject, final List<JsonNode> amounts,
        final List<String> categories, final List<JsonNode> waits, final double steps) {
        final Set<String> parts = new LinkedHashSet<>();
        amounts.forEach(stages -> stages.fieldNames().forEachRemaining(stage -> {
            final JsonNode divided = waits.getFirst();
            if (stage.equals(WAIT) && divided.isObject()) {
                divided.fieldNames().forEachRemaining(part -> parts.add(WAIT + ": " + part));
            } else {
                parts.add(stage);
            }
        }));
        final List<double[]> values = new ArrayList<>();
        for (int i = 0; i < amounts.size(); i++) {
            final JsonNode stages = amounts.get(i);
            final JsonNode divided = waits.get(i);
            values.add(parts.stream().mapToDouble(part -> part.startsWith(WAIT + ": ")
                ? divided.path(part.substring(WAIT.length() + 2)).asDouble() : stages.path(part).asDouble())
                .map(us -> us / steps).toArray());
        }
        run.breakdown(new Breakdown(subject, steps > 1 ? PER_STEP : "µs", categories, List.copyOf(parts), values)
            .inOrder());
    }
}
