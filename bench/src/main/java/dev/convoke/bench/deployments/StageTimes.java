package dev.convoke.bench.deployments;

import dev.convoke.core.timing.Stage;
import dev.convoke.server.client.MetricsPage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the time of a turn went, by what the decoder counted before and after: microseconds of a layer and step, by
 * stage, and of a step outside its layers. The wait for experts is divided by what hosts say of themselves.
 */
final class StageTimes {
    /** What is not of any layer. */
    static final String OUTSIDE = "outside layers, a step";
    private static final String PART = "part";
    private static final double US = 1e6;
    private static final Set<Stage> OF_LAYERS =
        Set.of(Stage.ATTENTION, Stage.GATE, Stage.SERIALISE, Stage.DISPATCH, Stage.WAIT, Stage.COMBINE);

    private StageTimes() {
    }

    /** By row of the table, in its order; empty if there was no step. */
    static Map<String, Double> between(final MetricsPage before, final MetricsPage after) {
        final Map<String, Double> times = new LinkedHashMap<>();
        final double steps = difference(before, after, "moe_step_seconds_count", Map.of());
        final double layers = steps * after.values("moe_layer_stage_seconds_total", "layer").size();
        if (steps == 0) {
            return times;
        }
        double outside = 0;
        for (final Stage stage : Stage.values()) {
            final double us = US * difference(before, after, "moe_stage_seconds_sum", Map.of("stage", stage.label()));
            if (!OF_LAYERS.contains(stage)) {
                outside += us;
                continue;
            }
            times.put(stage.label(), us / layers);
            if (stage == Stage.WAIT) {
                for (final String part : List.of("expert", "queue", "network")) {
                    times.put("- for " + part, US / layers
                        * difference(before, after, "moe_layer_wait_seconds_total", Map.of(PART, part)));
                }
            }
        }
        times.put(OUTSIDE, outside / steps);
        return times;
    }

    private static double difference(final MetricsPage before, final MetricsPage after, final String name,
        final Map<String, String> labels) {
        return after.sum(name, labels) - before.sum(name, labels);
    }

    /** The names of all rows, in their order. */
    static List<String> rows(final List<Map<String, Double>> rounds) {
        return rounds.isEmpty() ? List.of() : new ArrayList<>(rounds.getFirst().keySet());
    }
}
