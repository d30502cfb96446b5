package dev.convoke.gating.softmax;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.gating.Gate;
import dev.convoke.gating.GateContract;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class TopKOfSoftmaxGateTest extends GateContract {
    private final Gate gate = new TopKOfSoftmaxGate();

    @Override
    protected Gate gate() {
        return gate;
    }

    @Test
    void shouldWeighByTheSoftmaxOverAllExperts() {
        final float[] logits = {0.25f, 1.5f, -2, 0.75f};
        float sum = 0;
        for (final float logit : logits) {
            sum += CanonicalMath.exp(logit - 1.5f);
        }
        final RoutingPlan plan = new RoutingPlan(4, 2, 1);
        try (Arena arena = Arena.ofConfined()) {
            final RowBuffer rows = new RowBuffer(arena, DType.F32, 1, logits.length);
            for (int expert = 0; expert < logits.length; expert++) {
                rows.set(0, expert, logits[expert]);
            }
            assertEquals(Gate.ROUTED, gate.route(rows, 1, plan));
        }
        assertEquals(1, plan.expert(0));
        assertEquals(3, plan.expert(1));
        assertEquals(1 / sum, plan.weight(0));
        assertEquals(CanonicalMath.exp(0.75f - 1.5f) / sum, plan.weight(1));
    }
}
