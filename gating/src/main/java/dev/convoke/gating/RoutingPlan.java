package dev.convoke.gating;

/**
 * For one layer of one step: the experts and weights of each row, and the rows of each expert. Allocated once for a
 * largest number of rows and reused; owned by the decoder's thread. Entry {@code row * topK + slot} belongs to the
 * slot-th choice of a row.
 */
public final class RoutingPlan {
    private final int experts;
    private final int topK;
    private final int capacityRows;
    private final int[] expertOfEntry;
    private final float[] weights;
    private final int[] counts;
    private final int[] offsets;
    private final int[] entriesByExpert;
    private int rows;

    /**
     * Allocates a plan.
     *
     * @param capacityRows the most rows of one step
     */
    public RoutingPlan(final int experts, final int topK, final int capacityRows) {
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
    }

    /** Sets one entry. */
    public void choose(final int row, final int slot, final int expert, final float weight) {
        expertOfEntry[row * topK + slot] = expert;
        weights[row * topK + slot] = weight;
    }

    /** Counts the entries of each expert and sorts them by expert, keeping their order: a stable counting sort. */
    public void group() {
        java.util.Arrays.fill(counts, 0);
        final int entries = rows * topK;
        for (int entry = 0; entry < entries; entry++) {
            counts[expertOfEntry[entry]]++;
        }
        offsets[0] = 0;
        for (int expert = 0; expert < experts; expert++) {
            offsets[expert + 1] = offsets[expert] + counts[expert];
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

    /** Entries of an expert lie at {@code [firstOf(expert), firstOf(expert + 1))} of {@link #entryByExpert}. */
    public int firstOf(final int expert) {
        return offsets[expert];
    }

    /** Entries ordered by expert, then by row and slot. */
    public int entryByExpert(final int index) {
        return entriesByExpert[index];
    }
}
