package dev.convoke.gating.softmax;

import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;

/** Gates that choose each row's largest logits, larger first, of equal ones the lower index first. */
abstract class LargestLogitsGate implements Gate {
    @Override
    public final int route(final RowBuffer logits, final int rows, final RoutingPlan plan) {
        plan.start(rows);
        for (int row = 0; row < rows; row++) {
            if (!choose(logits, row, plan)) {
                return row;
            }
            weigh(logits, row, plan);
        }
        plan.group();
        return ROUTED;
    }

    /** Replaces the chosen logits, which wait in the row's slots, by weights. */
    abstract void weigh(RowBuffer logits, int row, RoutingPlan plan);

    /** Sorts the largest logits into the row's slots; false if no weights can follow from the row. */
    private static boolean choose(final RowBuffer logits, final int row, final RoutingPlan plan) {
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
