package dev.convoke.server.plugin;

import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;

/** Sends every row to the first experts, with equal weights. */
public final class FirstExpertsGate implements Gate {
    @Override
    public String name() {
        return "first-experts";
    }

    @Override
    public int route(final RowBuffer logits, final int rows, final RoutingPlan plan) {
        plan.start(rows);
        for (int row = 0; row < rows; row++) {
            for (int slot = 0; slot < plan.topK(); slot++) {
                plan.choose(row, slot, slot, 1.0f / plan.topK());
            }
        }
        plan.group();
        return ROUTED;
    }
}
