package dev.convoke.gating.softmax;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;

/**
 * The gate of OLMoE (Muennighoff et al., 2024): the k largest of a softmax over all experts, not renormalised, so that
 * a row's weights add up to less than 1. Equal logits go to the lower index.
 */
public final class TopKOfSoftmaxGate extends LargestLogitsGate {
    @Override
    public String name() {
        return "top-k-of-softmax";
    }

    /** Replaces the chosen logits by their share in the softmax over all, summed in the order of experts. */
    @Override
    void weigh(final RowBuffer logits, final int row, final RoutingPlan plan) {
        final int first = row * plan.topK();
        final float largest = plan.weight(first);
        float sum = 0.0f;
        for (int expert = 0; expert < plan.experts(); expert++) {
            sum += CanonicalMath.exp(logits.get(row, expert) - largest);
        }
        for (int slot = 0; slot < plan.topK(); slot++) {
            final float exponential = CanonicalMath.exp(plan.weight(first + slot) - largest);
            plan.choose(row, slot, plan.expert(first + slot), exponential / sum);
        }
    }
}
