package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Where a decoder's time goes, with real experts. */
class StageTimesTest {
    @Test
    void shouldDivideEveryStepCompletely() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2).start()) {
            cluster.run(GenerationRequest.of(1, 2, 3, 4, 5).maxTokens(6).build(),
                GenerationRequest.of(7, 8, 9).maxTokens(4).build());
            final List<DurationRecorder> recorders = cluster.decoder().timings().recorders();
            final long steps = cluster.context().counters().value("decoder_steps");
            long stepNs = 0;
            long stagesNs = 0;
            long perLayerNs = 0;
            for (final DurationRecorder recorder : recorders) {
                final String name = recorder.identity().name();
                if (name.equals(StageClock.STEP)) {
                    assertEquals(steps, recorder.total().getTotalCount());
                    stepNs = recorder.sumNs();
                } else if (name.equals(StageClock.STAGE)) {
                    final Stage stage = Stage.valueOf(recorder.labels().get("stage").toUpperCase(Locale.ROOT));
                    assertEquals(steps, recorder.total().getTotalCount(), stage.label());
                    assertTrue(recorder.sumNs() > 0, () -> stage + " took no time");
                    stagesNs += recorder.sumNs();
                    perLayerNs += stage.isPerLayer() ? recorder.sumNs() : 0;
                }
            }
            assertTrue(stepNs > 0);
            assertEquals(stepNs, stagesNs);
            assertEquals(perLayerNs, sum(cluster, StageClock.LAYER_STAGE));
            final long waitNs = recorders.stream().filter(recorder -> recorder.identity().name()
                .equals(StageClock.STAGE) && recorder.labels().containsValue(Stage.WAIT.label())).findFirst()
                .orElseThrow().sumNs();
            assertEquals(waitNs, sum(cluster, "moe_layer_wait_seconds"));
        }
    }

    private static long sum(final TestCluster cluster, final String name) {
        return cluster.decoder().timings().totals().stream().filter(total -> total.identity().name().equals(name))
            .mapToLong(DurationTotal::ns).sum();
    }
}
