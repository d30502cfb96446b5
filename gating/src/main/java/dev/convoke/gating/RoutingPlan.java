package dev.convoke.gating;

import dev.convoke.core.ConfigurationException;
import java.util.Arrays;

/**
 * For one layer of one step: the experts and weights of each row, and the rows of each expert. Allocated once for a
 * largest number of rows and reused; owned by the decoder's thread. Entry {@code row * topK + slot} belongs to the
 * slot-th choice of a row.
 *
 * <p>A capacity factor says how many rows an expert may take before it counts as overloaded. The plan counts what lies
 * beyond and keeps it: every row goes to the experts it chose.
 */
public final class RoutingPlan {
    private final int experts;
    private final int topK;
    private final int capacityRows;
    private final double capacityFactor;
    private final int[] expertOfEntry;
    private final float[] weights;
    private final int[] counts;
    private final int[] offsets;
    private final int[] entriesByExpert;
    private int rows;
    private int expertCapacity;
    private int overflow;

    /**
     * Allocates a plan without a capacity factor.
     *
     * @param capacityRows the most rows of one step
     */
    public RoutingPlan(final int experts, final int topK, final int capacityRows) {
        this(experts, topK, capacityRows, Double.POSITIVE_INFINITY);
    }

    /**
     * Allocates a plan.
     *
     * @param experts        logical experts of a layer
     * @param topK           choices of each row, no more than there are experts
     * @param capacityRows   the most rows of one step
     * @param capacityFactor capacity of an expert relative to an even share of the rows (Fedus et al., Switch
     *                       Transformers, 2021, section 2.2); positive, infinite for none
     */
    public RoutingPlan(final int experts, final int topK, final int capacityRows, final double capacityFactor) {
        if (experts < 1 || topK < 1 || topK > experts || capacityRows < 1) {
            throw new ConfigurationException("A routing plan cannot choose " + topK + " of " + experts
                + " experts for " + capacityRows + " rows; top-k must be 1 to the number of experts.");
        }
        if (!(capacityFactor > 0)) {
            throw new ConfigurationException("capacity-factor is " + capacityFactor
                + "; choose a positive number, or none for a plan without capacity.");
        }
        this.capacityFactor = capacityFactor;
        this.experts = experts;
        this.topK = topK;
        this.capacityRows = capacityRows;
        this.expertOfEntry = new int[capacityRows * topK];
        this.weights = new float[capacityRows * topK];
        this.counts = new int[experts];
        this.offsets = new int[experts + 1];
        this.entriesByExpert = new int[capacityRows * topK];
    }

    /** Starts a plan of so many rows; a gate then chooses every entry and calls {@link #group()}. */
    public void start(final int rowCount) {
        rows = rowCount;
        // The cast saturates, so an infinite factor gives a capacity that no expert reaches.
        expertCapacity = Math.max(1, (int)Math.ceil(capacityFactor * rowCount * topK / experts));
    }

    /** Sets one entry. */
    public void choose(final int row, final int slot, final int expert, final float weight) {
        expertOfEntry[row * topK + slot] = expert;
        weights[row * topK + slot] = weight;
    }

    /** Counts the entries of each expert and sorts them by expert, keeping their order: a stable counting sort. */
    public void group() {
        Arrays.fill(counts, 0);
        final int entries = rows * topK;
        for (int entry = 0; entry < entries; entry++) {
            counts[expertOfEntry[entry]]++;
        }
        offsets[0] = 0;
        overflow = 0;
        for (int expert = 0; expert < experts; expert++) {
            offsets[expert + 1] = offsets[expert] + counts[expert];
            overflow += overflow(expert);
        }
        for (int entry = 0; entry < entries; entry++) {
            entriesByExpert[offsets[expertOfEntry[entry]]++] = entry;
        }
        for (int expert = experts; expert > 0; expert--) {
            offsets[expert] = offsets[expert - 1];
        }
        offsets[0] = 0;
    }

    /** Logical experts of the layer. */
    public int experts() {
        return experts;
    }

    /** Choices of each row. */
    public int topK() {
        return topK;
    }

    /** The most rows this plan can hold. */
    public int capacityRows() {
        return capacityRows;
    }

    /** Rows of this step. */
    public int rows() {
        return rows;
    }

    /** Rows times top-k. */
    public int entries() {
        return rows * topK;
    }

    /** The expert of an entry. */
    public int expert(final int entry) {
        return expertOfEntry[entry];
    }

    /** The weight of an entry. */
    public float weight(final int entry) {
        return weights[entry];
    }

    /** Weights of all entries; read only. */
    public float[] weights() {
        return weights;
    }

    /** How many rows chose an expert. */
    public int count(final int expert) {
        return counts[expert];
    }

    /** Capacity of an expert relative to an even share of the rows; infinite for none. */
    public double capacityFactor() {
        return capacityFactor;
    }

    /** Rows an expert may take in this step: ceil(factor x rows x top-k / experts), at least 1. */
    public int expertCapacity() {
        return expertCapacity;
    }

    /** Rows of an expert beyond its capacity. They are counted, not dropped. */
    public int overflow(final int expert) {
        return Math.max(0, counts[expert] - expertCapacity);
    }

    /** Rows beyond capacity, of all experts. */
    public int overflow() {
        return overflow;
    }

    /** Entries of an expert lie at {@code [firstOf(expert), firstOf(expert + 1))} of {@link #entryByExpert}. */
    public int firstOf(final int expert) {
        return offsets[expert];
    }

    /** Entries ordered by expert, then by row and slot. */
    public int entryByExpert(final int index) {
        return entriesByExpert[index];
    }
}
