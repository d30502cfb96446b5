package dev.convoke.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Products of rows with a panel, the weights of {@value #OUTPUTS} outputs, by a {@link MatrixUnit}. Rows and panels are
 * of words of four bytes, which hold two bf16 or four 8-bit integers that follow one another in a row:
 * <pre>
 *   rows   [rows][words]
 *   panel  [words][32 outputs]
 *   sums   [rows][32 outputs] of four bytes
 * </pre>
 * A row's sums do not depend on the rows beside it. Calls come from any thread, are complete when they return, and
 * allocate nothing once a thread has multiplied rows of so many words before.
 */
public interface PanelProduct {
    /** Outputs of a panel. */
    int OUTPUTS = 32;

    /** Rows from which on it is faster than vectors; with fewer it is not called. */
    int fewestRows();

    /** Gets ready for rows of so many words, so that no product has to wait for that. */
    void prepare(int words);

    /**
     * {@code sums[r][o] = sum over k of rows[r][k] * panel[k][o]}.
     *
     * @param rows        where rows lie, one after the other
     * @param rowsOffset  byte offset of the first
     * @param count       of rows, {@link #fewestRows} or more
     * @param words       of a row, a multiple of 16
     * @param panel       where the weights lie
     * @param panelOffset byte offset of the first
     * @param sums        overwritten from its beginning
     */
    void multiply(MemorySegment rows, long rowsOffset, int count, int words, MemorySegment panel, long panelOffset,
        MemorySegment sums);
}
