package dev.convoke.gating;

import dev.convoke.core.Named;
import dev.convoke.tensor.RowBuffer;

/**
 * Picks each row's experts from its router logits. Stateless and pure: the same logits give the same plan. Runs on the
 * step path: does not allocate, lock, log or throw.
 */
public interface Gate extends Named {
    /** {@link #route} found a plan for every row. */
    int ROUTED = -1;

    /**
     * Fills and groups a plan for the first {@code rows} rows: the slots of a row hold distinct experts. A row cannot
     * be routed if one of its logits is NaN or positive infinity, or all are negative infinity: no weights follow
     * from those. A single negative infinity excludes its expert, whose weight is 0 should it be chosen for want of
     * others.
     *
     * @param logits [rows, experts] f32
     * @param rows   at most the plan's capacity
     * @param plan   overwritten; its shape gives experts and top-k
     * @return {@link #ROUTED}, or the first row that cannot be routed, in which case the plan must not be used
     */
    int route(RowBuffer logits, int rows, RoutingPlan plan);
}
