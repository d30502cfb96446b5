package dev.convoke.decoder;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;

/**
 * Sees what a step computes, as it computes it: for recorders, digests and comparisons. Called on the decoder's thread;
 * what is handed over is valid during the call and must not be changed.
 */
public interface StepObserver {
    /** Sees nothing. */
    StepObserver NONE = new StepObserver() {
    };

    /**
     * A layer's gate has chosen experts; none is rerouted or dropped for want of capacity yet.
     *
     * @param logits [rows, experts] f32
     */
    default void onRouting(final int layer, final StepBatch batch, final RowBuffer logits, final RoutingPlan plan) {
    }

    /**
     * A layer's experts have answered.
     *
     * @param slotRows [rows x topK, hidden] operand type, unweighted
     * @param plan     what was computed
     */
    default void onExpertRows(final int layer, final StepBatch batch, final RowBuffer slotRows,
        final RoutingPlan plan) {
    }

    /**
     * The logits of the rows that wanted them: row i of them belongs to batch row {@code batch.logitRow(i)}.
     *
     * @param logits [batch.logitRows(), vocabulary] f32
     */
    default void onLogits(final StepBatch batch, final RowBuffer logits) {
    }

    /** Both of them, this one first. */
    default StepObserver and(final StepObserver other) {
        final StepObserver first = this;
        return new StepObserver() {
            @Override
            public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits,
                final RoutingPlan plan) {
                first.onRouting(layer, batch, logits, plan);
                other.onRouting(layer, batch, logits, plan);
            }

            @Override
            public void onExpertRows(final int layer, final StepBatch batch, final RowBuffer slotRows,
                final RoutingPlan plan) {
                first.onExpertRows(layer, batch, slotRows, plan);
                other.onExpertRows(layer, batch, slotRows, plan);
            }

            @Override
            public void onLogits(final StepBatch batch, final RowBuffer logits) {
                first.onLogits(batch, logits);
                other.onLogits(batch, logits);
            }
        };
    }
}
