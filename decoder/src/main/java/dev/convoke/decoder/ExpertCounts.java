package dev.convoke.decoder;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many rows chose each expert since the start, and in how many steps one did: what placements follow. Counted on
 * the decoder's thread, read on any; what is read at one time need not be of one step.
 */
public final class ExpertCounts implements StepObserver {
    private final int layers;
    private final int experts;
    private final AtomicLongArray tokens;
    private final AtomicLongArray activeSteps;
    private final AtomicLongArray steps;

    /** Of nothing yet. */
    public ExpertCounts(final int layers, final int experts) {
        this.layers = layers;
        this.experts = experts;
        this.tokens = new AtomicLongArray(layers * experts);
        this.activeSteps = new AtomicLongArray(layers * experts);
        this.steps = new AtomicLongArray(layers);
    }

    @Override
    public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits, final RoutingPlan plan) {
        // Before the active steps, so that whoever reads those first never sees more of them than steps.
        steps.setRelease(layer, steps.getPlain(layer) + 1);
        for (int expert = 0; expert < experts; expert++) {
            final int rows = plan.count(expert);
            if (rows > 0) {
                final int index = layer * experts + expert;
                tokens.setRelease(index, tokens.getPlain(index) + rows);
                activeSteps.setRelease(index, activeSteps.getPlain(index) + 1);
            }
        }
    }

    /** Decoder layers. */
    public int layers() {
        return layers;
    }

    /** Logical experts of a layer. */
    public int experts() {
        return experts;
    }

    /** Rows that chose an expert. */
    public long tokens(final int layer, final int expert) {
        return tokens.getAcquire(layer * experts + expert);
    }

    /** Steps in which a row chose an expert; to be read before {@link #steps}. */
    public long activeSteps(final int layer, final int expert) {
        return activeSteps.getAcquire(layer * experts + expert);
    }

    /** Steps that have come to a layer. */
    public long steps(final int layer) {
        return steps.getAcquire(layer);
    }
}
