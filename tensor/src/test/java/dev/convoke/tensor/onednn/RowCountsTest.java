package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RowCountsTest {
    @Test
    void shouldCoverAnyNumberOfRowsWithFewKernelsAndLittleTwice() {
        final int[] counts = RowCounts.all();
        for (int all = 2; all <= 1000; all++) {
            int covered = 0;
            int computed = 0;
            int calls = 0;
            while (covered < all) {
                final int rows = counts[RowCounts.next(all - covered, all)];
                assertTrue(rows <= all, "no row before the first");
                covered = Math.min(covered, all - rows) + rows;
                computed += rows;
                calls++;
            }
            assertEquals(all, covered);
            assertTrue(computed <= 4 * all / 3, computed + " for " + all);
            assertTrue(calls <= 2 + all / counts[counts.length - 1], calls + " calls for " + all);
        }
    }
}
