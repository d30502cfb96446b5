package dev.convoke.core.timing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Map;
import org.agrona.concurrent.NanoClock;

/**
 * Divides each step of a decoder into exclusive {@link Stage stages}: entering one leaves the one before, so that their
 * durations add up to the step's by construction. A change of stage costs one reading of the clock. Owned by the
 * decoder's thread; does nothing between steps. Does not allocate after construction.
 */
public final class StageClock {
    /** Durations of whole steps. */
    public static final String STEP = "moe_step_seconds";
    /** Durations of a step's stages, all layers together. */
    public static final String STAGE = "moe_stage_seconds";
    /** Durations of the stages of each layer, all steps together. */
    public static final String LAYER_STAGE = "moe_layer_stage_seconds";

    private static final VarHandle CHANGES;

    static {
        try {
            CHANGES = MethodHandles.lookup().findVarHandle(StageClock.class, "changes", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final NanoClock clock;
    private final DurationRecorder steps;
    private final DurationRecorder[] stages = new DurationRecorder[Stage.count()];
    private final DurationTotal[][] layerStages;
    private final long[] stepNs = new long[Stage.count()];
    private Stage stage;
    private int layer;
    private long startNs;
    private long sinceNs;
    private long changes;

    /** Registers what it measures. */
    public StageClock(final NanoClock clock, final int layers, final Timings timings) {
        this.clock = clock;
        this.steps = timings.recorder(STEP, Map.of(), "Duration of a step of the whole batch.");
        Arrays.setAll(stages, i -> timings.recorder(STAGE, Map.of("stage", Stage.of(i).label()),
            "Time that a step spent in a stage, all layers together; the stages of a step add up to it."));
        this.layerStages = new DurationTotal[layers][Stage.count()];
        for (int i = 0; i < layers; i++) {
            for (int j = 0; j < Stage.count(); j++) {
                layerStages[i][j] = !Stage.of(j).isPerLayer() ? null : timings.total(LAYER_STAGE,
                    Map.of("layer", String.valueOf(i), "stage", Stage.of(j).label()),
                    "Time spent in a stage of a layer, all steps together.");
            }
        }
    }

    /** A step begins, with {@link Stage#OTHER}. */
    public void begin() {
        Arrays.fill(stepNs, 0);
        stage = Stage.OTHER;
        startNs = clock.nanoTime();
        sinceNs = startNs;
    }

    /** Leaves the current stage for the first one of a layer; those that follow belong to it too. */
    public void enter(final Stage next, final int nextLayer) {
        enter(next);
        layer = nextLayer;
    }

    /** Leaves the current stage for another. */
    public void enter(final Stage next) {
        if (stage != null && stage != next) {
            enterAt(next, clock.nanoTime());
        }
    }

    /**
     * As {@link #enter(Stage)}, at a time that was read already.
     *
     * @param nowNs of the clock; not before the last change of stage
     */
    public void enterAt(final Stage next, final long nowNs) {
        if (stage != null && stage != next) {
            leave(nowNs);
            stage = next;
        }
    }

    private void leave(final long nowNs) {
        final long spentNs = nowNs - sinceNs;
        stepNs[stage.ordinal()] += spentNs;
        if (stage.isPerLayer()) {
            layerStages[layer][stage.ordinal()].add(spentNs);
        }
        sinceNs = nowNs;
        CHANGES.setRelease(this, changes + 1);
    }

    /** The step ends and is recorded. */
    public void end() {
        if (stage != null) {
            leave(clock.nanoTime());
            stage = null;
            steps.record(sinceNs - startNs);
            for (int i = 0; i < stepNs.length; i++) {
                stages[i].record(stepNs[i]);
            }
        }
    }

    /** There was nothing to do: nothing is recorded. */
    public void discard() {
        stage = null;
    }

    /** Whether a step is under way. */
    public boolean isRunning() {
        return stage != null;
    }

    /** What the step under way has spent in a stage that it is not in now. */
    public long spentNs(final Stage left) {
        return stepNs[left.ordinal()];
    }

    /** Changes of stage so far, each a reading of the clock: what accounting costs. By any thread. */
    public long changes() {
        return (long)CHANGES.getAcquire(this);
    }
}
