package dev.convoke.gating.softmax;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;

/** The k largest logits of a row, larger first, of equal ones the lower index first. */
final class LargestLogits {
    private LargestLogits() {
    }

    /**
     * Sorts the largest logits into the row's slots, where they wait in place of weights; false if no weights can
     * follow from the row.
     */
    static boolean choose(final RowBuffer logits, final int row, final RoutingPlan plan) {
        final int topK = plan.topK();
        final int first = row * topK;
        int filled = 0;
        for (int expert = 0; expert < plan.experts(); expert++) {
            final float logit = logits.get(row, expert);
            if (!(logit < Float.POSITIVE_INFINITY)) {
                return false;
            }
            if (filled == topK && !(logit > plan.weight(first + topK - 1))) {
                continue;
            }
            int slot = filled < topK ? filled++ : topK - 1;
            while (slot > 0 && logit > plan.weight(first + slot - 1)) {
                plan.choose(row, slot, plan.expert(first + slot - 1), plan.weight(first + slot - 1));
                slot--;
            }
            plan.choose(row, slot, expert, logit);
        }
        return plan.weight(first) > Float.NEGATIVE_INFINITY;
    }
}
