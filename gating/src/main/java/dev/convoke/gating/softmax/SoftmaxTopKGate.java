package dev.convoke.gating.softmax;

import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;

/**
 * The gate of Mixtral (Jiang et al., Mixtral of Experts, 2024, section 2.1): the k largest logits, weighted by a
 * softmax over just those. That equals a softmax over all experts, cut to its top k and renormalised. Equal logits go
 * to the lower index.
 */
public final class SoftmaxTopKGate implements Gate {
    @Override
    public String name() {
        return "softmax-top-k";
    }

    @Override
    public int route(final RowBuffer logits, final int rows, final RoutingPlan plan) {
        plan.start(rows);
        for (int row = 0; row < rows; row++) {
            if (!LargestLogits.choose(logits, row, plan)) {
                return row;
            }
            weigh(row, plan);
        }
        plan.group();
        return ROUTED;
    }

    /** Replaces the chosen logits by their softmax. */
    private static void weigh(final int row, final RoutingPlan plan) {
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
