package dev.convoke.gating;

import dev.convoke.core.ConfigurationException;
import java.util.Arrays;

/**
 * For one layer of one step: the experts and weights of each row, and the rows of each expert. Allocated once for a
 * largest number of rows and reused; owned by the decoder's thread. Entry {@code row * topK + slot} belongs to the
 * slot-th choice of a row.
 *
 * <p>A {@link Capacity} says how many rows an expert may take at each replica. The plan counts what lies beyond; a
 * {@link CapacityLimit} may then give entries to other experts, or drop them.
 */
public final class RoutingPlan {
    /** The expert of an entry that was dropped; it takes part in the row's sum with a weight of 0 and a row of 0. */
    public static final int DROPPED = -1;

    private final int experts;
    private final int topK;
    private final int capacityRows;
    private final Capacity capacity;
    private final int[] expertOfEntry;
    private final float[] weights;
    private final int[] counts;
    private final int[] offsets;
    private final int[] entriesByExpert;
    private int rows;
    private int expertCapacity;
    private int overflow;
    private int dropped;
    private int rerouted;

    /**
     * Allocates a plan without a limit.
     *
     * @param capacityRows the most rows of one step
     */
    public RoutingPlan(final int experts, final int topK, final int capacityRows) {
        this(experts, topK, capacityRows, Capacity.DROPLESS);
    }

    /**
     * Allocates a plan.
     *
     * @param experts      logical experts of a layer
     * @param topK         choices of each row, no more than there are experts
     * @param capacityRows the most rows of one step
     * @param capacity     of each expert
     */
    public RoutingPlan(final int experts, final int topK, final int capacityRows, final Capacity capacity) {
        if (experts < 1 || topK < 1 || topK > experts || capacityRows < 1) {
            throw new ConfigurationException("A routing plan cannot choose " + topK + " of " + experts
                + " experts for " + capacityRows + " rows; top-k must be 1 to the number of experts.");
        }
        this.capacity = capacity;
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
        expertCapacity = capacity.rows(rowCount, topK, experts);
    }

    /** Sets one entry. */
    public void choose(final int row, final int slot, final int expert, final float weight) {
        expertOfEntry[row * topK + slot] = expert;
        weights[row * topK + slot] = weight;
    }

    /** Counts the entries of each expert and sorts them by expert, keeping their order: a stable counting sort. */
    public void group() {
        dropped = 0;
        rerouted = 0;
        sort();
        overflow = 0;
        for (int expert = 0; expert < experts; expert++) {
            overflow += overflow(expert);
        }
    }

    /** As {@link #group()}, after some entries were given to other experts or dropped. */
    void regroup(final int reroutedEntries, final int droppedEntries) {
        dropped = droppedEntries;
        rerouted = reroutedEntries;
        sort();
    }

    private void sort() {
        Arrays.fill(counts, 0);
        final int entries = rows * topK;
        for (int entry = 0; entry < entries; entry++) {
            if (expertOfEntry[entry] != DROPPED) {
                counts[expertOfEntry[entry]]++;
            }
        }
        offsets[0] = 0;
        for (int expert = 0; expert < experts; expert++) {
            offsets[expert + 1] = offsets[expert] + counts[expert];
        }
        for (int entry = 0; entry < entries; entry++) {
            if (expertOfEntry[entry] != DROPPED) {
                entriesByExpert[offsets[expertOfEntry[entry]]++] = entry;
            }
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

    /** The expert of an entry, or {@link #DROPPED}. */
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

    /** How many rows an expert may take, and what becomes of more. */
    public Capacity capacity() {
        return capacity;
    }

    /**
     * Rows an expert may take in this step at each of its replicas: ceil(factor x rows x top-k / experts), at least 1;
     * the largest int where there is no limit.
     */
    public int expertCapacity() {
        return expertCapacity;
    }

    /** Rows that chose an expert beyond the capacity of one replica, as far as they are left with it. */
    public int overflow(final int expert) {
        return Math.max(0, counts[expert] - expertCapacity);
    }

    /** Rows that the gate chose experts for beyond the capacity of one replica, of all experts. */
    public int overflow() {
        return overflow;
    }

    /** Entries given to an expert that the gate did not choose. */
    public int rerouted() {
        return rerouted;
    }

    /** Entries that no expert computes. */
    public int dropped() {
        return dropped;
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
