package dev.convoke.gating;

import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * How evenly the rows of each layer fall on its experts, as training would judge it; for observation, nothing follows
 * from it. Sums over all rows observed since the last reset; observing does not allocate. Owned by the decoder's
 * thread.
 */
public final class BalanceFigures {
    private final int layers;
    private final int experts;
    private final long[] counts;
    private final double[] probabilities;
    private final double[] squaredLogSums;
    private final long[] rows;
    private final long[] entries;
    private final float[] exponentials;

    /** For so many layers of so many experts. */
    public BalanceFigures(final int layers, final int experts) {
        this.layers = layers;
        this.experts = experts;
        this.counts = new long[layers * experts];
        this.probabilities = new double[layers * experts];
        this.squaredLogSums = new double[layers];
        this.rows = new long[layers];
        this.entries = new long[layers];
        this.exponentials = new float[experts];
    }

    /**
     * Adds one step of one layer.
     *
     * @param logits [plan.rows(), experts], from which the plan was made
     * @param plan   routed
     */
    public void observe(final int layer, final RowBuffer logits, final RoutingPlan plan) {
        for (int expert = 0; expert < experts; expert++) {
            counts[layer * experts + expert] += plan.count(expert);
        }
        rows[layer] += plan.rows();
        entries[layer] += plan.entries();
        for (int row = 0; row < plan.rows(); row++) {
            observeRow(layer, logits, row);
        }
    }

    private void observeRow(final int layer, final RowBuffer logits, final int row) {
        float largest = logits.get(row, 0);
        for (int expert = 1; expert < experts; expert++) {
            largest = Math.max(largest, logits.get(row, expert));
        }
        double sum = 0;
        for (int expert = 0; expert < experts; expert++) {
            exponentials[expert] = CanonicalMath.exp(logits.get(row, expert) - largest);
            sum += exponentials[expert];
        }
        for (int expert = 0; expert < experts; expert++) {
            probabilities[layer * experts + expert] += exponentials[expert] / sum;
        }
        final double logSum = largest + StrictMath.log(sum);
        squaredLogSums[layer] += logSum * logSum;
    }

    /** Forgets all layers. */
    public void reset() {
        Arrays.fill(counts, 0);
        Arrays.fill(probabilities, 0);
        Arrays.fill(squaredLogSums, 0);
        Arrays.fill(rows, 0);
        Arrays.fill(entries, 0);
    }

    /** Layers observed. */
    public int layers() {
        return layers;
    }

    /** Rows of a layer since the last reset. */
    public long rows(final int layer) {
        return rows[layer];
    }

    /** How many rows chose an expert. */
    public long count(final int layer, final int expert) {
        return counts[layer * experts + expert];
    }

    /**
     * The auxiliary load-balancing loss of Fedus et al. (Switch Transformers, 2021, equation 4) without its factor
     * alpha, for k choices a row: {@code E x sum_i f_i x P_i}, f_i = count_i / (rows x k), P_i = mean over rows of the
     * softmax over all experts. 1 when balanced, at most E; NaN without rows.
     */
    public double switchLoss(final int layer) {
        double sum = 0;
        for (int i = layer * experts; i < (layer + 1) * experts; i++) {
            sum += (double)counts[i] / entries[layer] * (probabilities[i] / rows[layer]);
        }
        return experts * sum;
    }

    /**
     * The router z-loss of Zoph et al. (ST-MoE, 2022, equation 5): the mean over rows of
     * {@code (log sum_i exp(logit_i))^2}, which grows with the size of the logits. NaN without rows.
     */
    public double zLoss(final int layer) {
        return squaredLogSums[layer] / rows[layer];
    }

    /** Rows of the busiest expert over rows of the average one: 1 when balanced; NaN without rows. */
    public double maxOverMean(final int layer) {
        long most = 0;
        for (int i = layer * experts; i < (layer + 1) * experts; i++) {
            most = Math.max(most, counts[i]);
        }
        return (double)most * experts / entries[layer];
    }

    /**
     * MaxVio of Wang et al. (Auxiliary-Loss-Free Load Balancing, 2024): {@code (max - mean) / mean} of the
     * rows of the experts, 0 when balanced; NaN without rows.
     */
    public double maxViolation(final int layer) {
        return maxOverMean(layer) - 1;
    }

    /** The layer whose busiest expert has the largest share; -1 while no layer has seen a row. */
    public int leastBalanced() {
        int worst = -1;
        for (int layer = 0; layer < layers; layer++) {
            if (rows[layer] > 0 && (worst < 0 || maxOverMean(layer) > maxOverMean(worst))) {
                worst = layer;
            }
        }
        return worst;
    }

    /** All figures of a layer in one line for people; allocates. */
    public String summary(final int layer) {
        return String.format(Locale.ROOT, "layer %d: max/mean %.2f, MaxVio %.2f, Switch loss %.3f, z-loss %.2f over %d "
            + "rows", layer, maxOverMean(layer), maxViolation(layer), switchLoss(layer), zLoss(layer), rows[layer]);
    }
}
