package dev.convoke.core.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StageClockTest {
    private static final int LAYERS = 3;

    private final Timings timings = new Timings();
    private long nowNs = 1_000;
    private final StageClock clock = new StageClock(() -> nowNs, LAYERS, timings);

    @Test
    void shouldGiveEachMomentToOneStage() {
        clock.begin();
        nowNs += 7;
        clock.enter(Stage.SCHEDULE);
        nowNs += 11;
        clock.enter(Stage.ATTENTION, 0);
        nowNs += 100;
        clock.enter(Stage.ATTENTION, 0);
        nowNs += 30;
        clock.enter(Stage.GATE);
        nowNs += 20;
        clock.enter(Stage.ATTENTION, 1);
        nowNs += 200;
        clock.enter(Stage.OTHER);
        nowNs += 3;
        clock.end();
        assertEquals(11, stage(Stage.SCHEDULE).sumNs());
        assertEquals(330, stage(Stage.ATTENTION).sumNs());
        assertEquals(20, stage(Stage.GATE).sumNs());
        assertEquals(10, stage(Stage.OTHER).sumNs());
        assertEquals(371, recorder(StageClock.STEP, Map.of()).sumNs());
        assertEquals(130, layerNs(0, Stage.ATTENTION));
        assertEquals(20, layerNs(0, Stage.GATE));
        assertEquals(200, layerNs(1, Stage.ATTENTION));
        assertEquals(0, layerNs(2, Stage.ATTENTION));
    }

    @Test
    void shouldAddUpToTheStepWhateverIsEntered() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int step = 0; step < 500; step++) {
            clock.begin();
            for (int i = random.nextInt(60); i > 0; i--) {
                nowNs += random.nextInt(1_000_000);
                final Stage next = Stage.of(random.nextInt(Stage.count()));
                if (random.nextBoolean()) {
                    clock.enter(next);
                } else {
                    clock.enter(next, random.nextInt(LAYERS));
                }
            }
            nowNs += random.nextInt(1_000);
            clock.end();
        }
        long stagesNs = 0;
        long perLayerNs = 0;
        for (int i = 0; i < Stage.count(); i++) {
            final DurationRecorder recorder = stage(Stage.of(i));
            assertEquals(500, recorder.total().getTotalCount());
            stagesNs += recorder.sumNs();
            perLayerNs += Stage.of(i).isPerLayer() ? recorder.sumNs() : 0;
        }
        assertEquals(recorder(StageClock.STEP, Map.of()).sumNs(), stagesNs);
        assertEquals(perLayerNs, timings.totals().stream().mapToLong(DurationTotal::ns).sum());
        assertEquals(nowNs - 1_000, stagesNs, "nothing passes between steps here");
    }

    @Test
    void shouldRecordNothingOfAStepWithoutRows() {
        clock.begin();
        nowNs += 50;
        clock.enter(Stage.SCHEDULE);
        nowNs += 50;
        clock.discard();
        clock.enter(Stage.WAIT);
        nowNs += 50;
        clock.end();
        assertFalse(clock.isRunning());
        timings.recorders().forEach(recorder -> assertEquals(0, recorder.total().getTotalCount()));
    }

    private DurationRecorder stage(final Stage stage) {
        return recorder(StageClock.STAGE, Map.of("stage", stage.label()));
    }

    private DurationRecorder recorder(final String name, final Map<String, String> labels) {
        return timings.recorders().stream()
            .filter(recorder -> recorder.identity().name().equals(name) && recorder.labels().equals(labels))
            .findFirst().orElseThrow();
    }

    private long layerNs(final int layer, final Stage stage) {
        return timings.totals().stream().filter(total -> total.identity().labels()
            .equals(Map.of("layer", String.valueOf(layer), "stage", stage.label()))).findFirst().orElseThrow().ns();
    }
}
