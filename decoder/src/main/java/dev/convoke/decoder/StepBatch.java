package dev.convoke.decoder;

/**
 * The rows of one step, of decodes and prefill chunks alike: for each its token, its position, the pages of its
 * sequence, and whether its logits are wanted. Filled by the scheduler, read by models; reused without allocation.
 */
public final class StepBatch {
    private final int[] tokens;
    private final int[] positions;
    private final int[][] pageTables;
    private final GenerationRequest[] requests;
    private final int[] logitRows;
    private final int[] reroutedEntries;
    private final int[] droppedEntries;
    private final int[] otherNumericsEntries;
    private int rows;
    private int logitRowCount;

    /**
     * An empty batch.
     *
     * @param capacityRows      the most rows of one step
     * @param capacityLogitRows the most rows whose logits one step computes
     */
    public StepBatch(final int capacityRows, final int capacityLogitRows) {
        tokens = new int[capacityRows];
        positions = new int[capacityRows];
        pageTables = new int[capacityRows][];
        requests = new GenerationRequest[capacityRows];
        logitRows = new int[capacityLogitRows];
        reroutedEntries = new int[capacityRows];
        droppedEntries = new int[capacityRows];
        otherNumericsEntries = new int[capacityRows];
    }

    void clear() {
        rows = 0;
        logitRowCount = 0;
    }

    /** Adds a row; returns its number. */
    int add(final GenerationRequest request, final int token, final int position, final int[] pageTable) {
        final int row = rows++;
        tokens[row] = token;
        positions[row] = position;
        pageTables[row] = pageTable;
        requests[row] = request;
        reroutedEntries[row] = 0;
        droppedEntries[row] = 0;
        otherNumericsEntries[row] = 0;
        return row;
    }

    /** Asks for a row's logits; returns their number among the logits. */
    int wantLogits(final int row) {
        logitRows[logitRowCount] = row;
        return logitRowCount++;
    }

    /** A layer gave so many of a row's entries to experts that its gate did not choose, and so many to none. */
    void countCapacity(final int row, final int rerouted, final int dropped) {
        reroutedEntries[row] += rerouted;
        droppedEntries[row] += dropped;
    }

    /** A layer had so many of a row's entries computed in other numerics than the decoder's. */
    void countOtherNumerics(final int row, final int entries) {
        otherNumericsEntries[row] += entries;
    }

    /** Entries of a row, of all layers so far, computed in other numerics than the decoder's. */
    int otherNumericsEntries(final int row) {
        return otherNumericsEntries[row];
    }

    /** Entries of a row, of all layers so far, given to experts that their gates did not choose. */
    int reroutedEntries(final int row) {
        return reroutedEntries[row];
    }

    /** Entries of a row, of all layers so far, that no expert computed. */
    int droppedEntries(final int row) {
        return droppedEntries[row];
    }

    /** Rows of this step. */
    public int rows() {
        return rows;
    }

    /** The most rows of a step. */
    public int capacityRows() {
        return tokens.length;
    }

    /** The token whose hidden state a row is. */
    public int token(final int row) {
        return tokens[row];
    }

    /** Absolute position of a row in its sequence. */
    public int position(final int row) {
        return positions[row];
    }

    /** All positions; only the first {@link #rows()} count; read only. */
    public int[] positions() {
        return positions;
    }

    /** Page numbers of the row's sequence: entry p holds positions 16p to 16p + 15. */
    public int[] pageTable(final int row) {
        return pageTables[row];
    }

    /** The request that a row belongs to. */
    public GenerationRequest request(final int row) {
        return requests[row];
    }

    /** How many rows want logits. */
    public int logitRows() {
        return logitRowCount;
    }

    /** The most rows that can want logits. */
    public int capacityLogitRows() {
        return logitRows.length;
    }

    /** The row that the index-th logits belong to; ascending. */
    public int logitRow(final int index) {
        return logitRows[index];
    }
}
