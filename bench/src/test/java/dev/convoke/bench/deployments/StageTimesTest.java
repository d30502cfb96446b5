package dev.convoke.bench.deployments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.client.MetricsPage;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StageTimesTest {
    /** Two layers; so many steps, each with 1 ms in every stage and 2 ms outside, 600 us of the wait for experts. */
    private static MetricsPage page(final int steps) {
        final StringBuilder text = new StringBuilder("# HELP moe_step_seconds Duration.\n");
        text.append("moe_step_seconds_count %d\n".formatted(steps));
        for (final String stage : List.of("attention", "gate", "serialise", "dispatch", "wait", "combine", "sample",
            "other")) {
            text.append(line("moe_stage_seconds_sum{stage=\"%s\"}", stage, steps * 1e-3));
            text.append("moe_stage_seconds{stage=\"%s\",quantile=\"0.5\"} 0.7\n".formatted(stage));
            for (int layer = 0; layer < 2; layer++) {
                text.append("moe_layer_stage_seconds_total{layer=\"%d\",stage=\"%s\"} 0.1\n".formatted(layer, stage));
            }
        }
        for (int layer = 0; layer < 2; layer++) {
            text.append(line("moe_layer_wait_seconds_total{layer=\"%s\",part=\"expert\"}", layer, steps * 0.3e-3));
            text.append(line("moe_layer_wait_seconds_total{layer=\"%s\",part=\"network\"}", layer, steps * 0.2e-3));
        }
        return new MetricsPage(text.toString());
    }

    private static String line(final String series, final Object label, final double value) {
        return series.formatted(label) + String.format(Locale.ROOT, " %.9f%n", value);
    }

    @Test
    void shouldTellMicrosecondsOfALayerAndOfAStepOutsideLayers() {
        final Map<String, Double> times = StageTimes.between(page(10), page(30));
        assertEquals(List.of("attention", "gate", "serialise", "dispatch", "wait", "- for expert", "- for queue",
            "- for network", "combine", StageTimes.OUTSIDE), List.copyOf(times.keySet()));
        assertEquals(500, times.get("attention"), 1e-6);
        assertEquals(500, times.get("wait"), 1e-6);
        assertEquals(300, times.get("- for expert"), 1e-6);
        assertEquals(0, times.get("- for queue"), 1e-6);
        assertEquals(200, times.get("- for network"), 1e-6);
        assertEquals(2000, times.get(StageTimes.OUTSIDE), 1e-6);
        assertTrue(StageTimes.between(page(3), page(3)).isEmpty());
    }

    @Test
    void shouldPrintMediansAndRangesOfTheRounds() {
        final StageTable table = new StageTable(List.of("here", "there"));
        for (final double us : new double[] {10, 30, 20}) {
            table.add(0, Map.of("gate", us));
            table.add(1, Map.of("gate", 10 * us));
        }
        assertEquals("""
            | us of a layer and step | here | there |
            |---|---:|---:|
            | gate | 20.0 [10.0-30.0] | 200 [100-300] |
            """, table.toString());
        assertEquals(Map.of("median", 20.0, "min", 10.0, "max", 30.0, "samples", 3),
            ((Map<?, ?>)table.toMap().get("here")).get("gate"));
    }
}
