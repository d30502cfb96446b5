package dev.convoke.bench.stages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Precision;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.deployment.ServedDecoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class StageRunTest {
    private static final Path MODEL = Path.of(System.getProperty("convoke.models"), "tiny-moe");

    @Test
    @SuppressWarnings("unchecked")
    void shouldReportWhatTheStepsTook() throws InterruptedException {
        try (ServedDecoder served = new ServedDecoder(new ModelSettings(MODEL, Optional.of(Precision.BF16), "auto", 1),
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 2, "round-robin", List.of()), Optional.empty(),
            UnaryOperator.identity(), UnaryOperator.identity(), _ -> Optional.empty())) {
            assertTrue(served.awaitReady(Duration.ofSeconds(60)), () -> served.health().toString());
            final StageReport report = new StageRun(served, 3, 8).run(new RecordingCost(20, 30));
            final Map<String, Object> map = report.toMap();
            final Map<String, Double> stages = (Map<String, Double>)map.get("stages_us");
            final double sum = stages.values().stream().mapToDouble(Double::doubleValue).sum();
            // Steps lie within the time seen from outside, give or take what the last one does after its streams end.
            assertEquals(report.accounted(), sum / (Double)map.get("wall_us"), 1e-6);
            assertTrue(report.accounted() > 0, report::toString);
            assertTrue(report.overhead() > 0 && report.overhead() < report.accounted(), report::toString);
            final Map<String, Double> waits = (Map<String, Double>)map.get("wait_us");
            assertEquals(stages.get("wait"), waits.values().stream().mapToDouble(Double::doubleValue).sum(), 1e-3);
            final Map<String, Map<String, Double>> layers = (Map<String, Map<String, Double>>)map.get("layers_us");
            assertEquals(stages.get("attention"),
                layers.values().stream().mapToDouble(layer -> layer.get("attention")).sum(), 1e-3);
            final Map<String, Map<String, Double>> layerWaits =
                (Map<String, Map<String, Double>>)map.get("layer_waits_us");
            assertEquals(layers.keySet(), layerWaits.keySet());
            layers.forEach((layer, parts) -> assertEquals(parts.get("wait"),
                layerWaits.get(layer).values().stream().mapToDouble(Double::doubleValue).sum(), 1e-3));
            final long steps = (Long)map.get("steps");
            assertTrue(steps >= 8, report::toString);
            // A host has a share in an exchange when one of its experts was chosen.
            final Map<String, Long> trips = (Map<String, Long>)map.get("host_round_trips");
            assertEquals(2, trips.size());
            assertTrue(trips.values().stream().allMatch(count -> count > 0 && count <= steps * layers.size()),
                trips::toString);
            assertTrue(((Map<String, Map<String, Double>>)map.get("hosts_us")).values().stream()
                .allMatch(host -> host.get("expert") > 0), report::toString);
            assertTrue(report.toString().contains("| - for expert |"), report::toString);
        }
    }
}
