package dev.convoke.gating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.softmax.SoftmaxTopKGate;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class BalanceFiguresTest {
    private final BalanceFigures figures = new BalanceFigures(2, 4);

    @Test
    void shouldReportBalanceWhenRowsFallEvenly() {
        observe(1, new float[][]{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 9, 0}, {0, 0, 0, 9}}, 1);
        assertEquals(1.0, figures.switchLoss(1), 1e-6);
        assertEquals(1.0, figures.maxOverMean(1));
        assertEquals(0.0, figures.maxViolation(1));
        assertEquals(4, figures.rows(1));
        assertEquals(0, figures.rows(0));
        assertTrue(Double.isNaN(figures.switchLoss(0)) && Double.isNaN(figures.maxViolation(0)));
    }

    @Test
    void shouldReportCollapseWhenAllRowsFallOnOneExpert() {
        observe(0, new float[][]{{30, 0, 0, 0}, {30, 0, 0, 0}}, 1);
        assertEquals(4.0, figures.switchLoss(0), 1e-6);
        assertEquals(4.0, figures.maxOverMean(0));
        assertEquals(3.0, figures.maxViolation(0));
        assertEquals(900.0, figures.zLoss(0), 1e-3);
    }

    @Test
    void shouldFollowTheFormulasWhenWorkedByHand() {
        final float[][] logits = {{1, 2, 0, -1}, {0.5f, -3, 2, 1}};
        observe(0, logits, 2);
        observe(0, new float[][]{{0, 1, 0, 3}}, 2);
        // Chosen: {1, 0}, {2, 3}, {3, 1}: counts 1, 2, 1, 2 of 6.
        final float[][] all = {logits[0], logits[1], {0, 1, 0, 3}};
        final double[] probability = new double[4];
        double squares = 0;
        for (final float[] row : all) {
            double sum = 0;
            for (final float logit : row) {
                sum += Math.exp(logit);
            }
            for (int expert = 0; expert < 4; expert++) {
                probability[expert] += Math.exp(row[expert]) / sum / all.length;
            }
            squares += Math.log(sum) * Math.log(sum);
        }
        final double expected = 4 * (probability[0] * 1 / 6 + probability[1] * 2 / 6 + probability[2] * 1 / 6
            + probability[3] * 2 / 6);
        assertEquals(expected, figures.switchLoss(0), 1e-6);
        assertEquals(squares / 3, figures.zLoss(0), 1e-5);
        assertEquals(2 / 1.5, figures.maxOverMean(0), 1e-12);
        assertEquals(2, figures.count(0, 3));
    }

    @Test
    void shouldForgetWhenReset() {
        observe(0, new float[][]{{30, 0, 0, 0}}, 1);
        figures.reset();
        assertEquals(0, figures.rows(0));
        observe(0, new float[][]{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 9, 0}, {0, 0, 0, 9}}, 1);
        assertEquals(1.0, figures.switchLoss(0), 1e-6);
    }

    @Test
    void shouldNameTheLeastBalancedLayerAndItsFigures() {
        assertEquals(-1, figures.leastBalanced());
        observe(1, new float[][]{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 9, 0}, {0, 0, 0, 9}}, 1);
        assertEquals(1, figures.leastBalanced());
        observe(0, new float[][]{{30, 0, 0, 0}, {30, 0, 0, 0}}, 1);
        assertEquals(0, figures.leastBalanced());
        assertEquals("layer 0: max/mean 4.00, MaxVio 3.00, Switch loss 4.000, z-loss 900.00 over 2 rows",
            figures.summary(0));
    }

    private void observe(final int layer, final float[][] values, final int topK) {
        try (Arena arena = Arena.ofConfined()) {
            final RowBuffer logits = new RowBuffer(arena, DType.F32, values.length, 4);
            for (int row = 0; row < values.length; row++) {
                for (int expert = 0; expert < 4; expert++) {
                    logits.set(row, expert, values[row][expert]);
                }
            }
            final RoutingPlan plan = new RoutingPlan(4, topK, values.length);
            assertEquals(Gate.ROUTED, new SoftmaxTopKGate().route(logits, values.length, plan));
            figures.observe(layer, logits, plan);
        }
    }
}
