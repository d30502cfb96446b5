package dev.convoke.gating.softmax;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;

/**
 * The gate of Mixtral (Jiang et al., Mixtral of Experts, 2024, section 2.1): the k largest logits, weighted by a
 * softmax over just those. That equals a softmax over all experts, cut to its top k and renormalised. Equal logits go
 * to the lower index.
 */
public final class SoftmaxTopKGate extends LargestLogitsGate {
    @Override
    public String name() {
        return "softmax-top-k";
    }

    /** Replaces the chosen logits by their softmax. */
    @Override
    void weigh(final RowBuffer logits, final int row, final RoutingPlan plan) {
        final int first = row * plan.topK();
        final int end = first + plan.topK();
        final float largest = plan.weight(first);
        float sum = 0.0f;
        for (int entry = first; entry < end; entry++) {
            final float exponential = CanonicalMath.exp(plan.weight(entry) - largest);
            plan.choose(row, entry - first, plan.expert(entry), exponential);
            sum += exponential;
        }
        for (int entry = first; entry < end; entry++) {
            plan.choose(row, entry - first, plan.expert(entry), plan.weight(entry) / sum);
        }
    }
}
