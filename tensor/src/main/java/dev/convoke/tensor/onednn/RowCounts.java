package dev.convoke.tensor.onednn;

import java.util.Arrays;

/**
 * The numbers of rows there are kernels for. Any other number is covered by several of them, the last of which may
 * compute some rows again: that is cheaper than many small ones.
 */
final class RowCounts {
    /** Ascending: each small one, then steps of at most a half. One row is for vectors. */
    private static final int[] COUNTS = {2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};

    private RowCounts() {
    }

    /** All of them. */
    static int[] all() {
        return COUNTS.clone();
    }

    /**
     * The index of what to compute next: the least that covers all that is left, if it is not more than all rows, else
     * the largest that is not more than what is left.
     *
     * @param left rows that are not covered yet
     * @param all  rows, covered ones included; two or more
     */
    static int next(final int left, final int all) {
        final int found = Arrays.binarySearch(COUNTS, left);
        final int above = found >= 0 ? found : -found - 1;
        return above < COUNTS.length && COUNTS[above] <= all ? above : above - 1;
    }
}
