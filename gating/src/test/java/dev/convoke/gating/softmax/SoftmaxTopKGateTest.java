package dev.convoke.gating.softmax;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.Gate;
import dev.convoke.gating.GateContract;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SoftmaxTopKGateTest extends GateContract {
    private final Gate gate = new SoftmaxTopKGate();

    @Override
    protected Gate gate() {
        return gate;
    }

    @Test
    void shouldOrderSlotsByLogitAndTiesByIndex() {
        assertArrayEquals(new int[]{3, 1, 4}, expertsOf(3, 0, 2, 1, 5, 2, 1));
        assertArrayEquals(new int[]{0, 1, 2}, expertsOf(3, 7, 7, 7, 7));
        assertArrayEquals(new int[]{0, 1}, expertsOf(2, -0.0f, 0.0f, -1));
    }

    @Test
    void shouldExcludeNegativeInfinityWhileOthersRemain() {
        final float none = Float.NEGATIVE_INFINITY;
        assertArrayEquals(new int[]{2, 3}, expertsOf(2, none, none, 1, 0, none));
        final RoutingPlan plan = route(2, none, none, 1);
        assertEquals(2, plan.expert(0));
        assertEquals(1.0f, plan.weight(0));
        assertEquals(0.0f, plan.weight(1));
    }

    @Test
    void shouldWeighInTheCanonicalOrderOfOperations() {
        final RoutingPlan plan = route(3, 0.25f, 1.5f, -2, 0.75f);
        final float second = CanonicalMath.exp(0.75f - 1.5f);
        final float third = CanonicalMath.exp(0.25f - 1.5f);
        final float sum = 1.0f + second + third;
        assertArrayEquals(new float[]{1.0f / sum, second / sum, third / sum}, plan.weights());
    }

    @Test
    void shouldWeighLikeASoftmaxOverAllCutAndRenormalised() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 300; i++) {
            final float[] logits = new float[2 + random.nextInt(60)];
            for (int expert = 0; expert < logits.length; expert++) {
                logits[expert] = (float)(random.nextDouble() * 40 - 20);
            }
            final int topK = 1 + random.nextInt(Math.min(8, logits.length));
            final RoutingPlan plan = route(topK, logits);
            final double[] largest = new double[logits.length];
            Arrays.setAll(largest, expert -> -logits[expert]);
            Arrays.sort(largest);
            final double sum = Arrays.stream(largest).limit(topK).map(x -> Math.exp(-x)).sum();
            float total = 0;
            for (int slot = 0; slot < topK; slot++) {
                assertEquals(-largest[slot], logits[plan.expert(slot)]);
                // Two units in the last place of exp, one of the sum's terms and one of the division.
                assertEquals(Math.exp(-largest[slot]) / sum, plan.weight(slot), 1e-6);
                total += plan.weight(slot);
            }
            assertTrue(Math.abs(total - 1) < 1e-6, "weights sum to " + total);
        }
    }

    private int[] expertsOf(final int topK, final float... logits) {
        final RoutingPlan plan = route(topK, logits);
        final int[] experts = new int[topK];
        Arrays.setAll(experts, plan::expert);
        return experts;
    }

    private RoutingPlan route(final int topK, final float... logits) {
        try (Arena arena = Arena.ofConfined()) {
            final RowBuffer buffer = new RowBuffer(arena, DType.F32, 1, logits.length);
            for (int expert = 0; expert < logits.length; expert++) {
                buffer.set(0, expert, logits[expert]);
            }
            final RoutingPlan plan = new RoutingPlan(logits.length, topK, 1);
            assertEquals(Gate.ROUTED, gate.route(buffer, 1, plan));
            return plan;
        }
    }
}
