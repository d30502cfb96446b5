package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Takes E4M3 matrices, whose rows have a scale for each 128 columns, apart: codes, and scales of 128 x 128. */
final class BlockScales {
    /** Rows and columns that share a scale. */
    static final int EXTENT = 128;

    private static final int BLOCK_BYTES = DType.F8_E4M3.blockBytes();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    /** Kernels take smaller ones. */
    private static final float MOST = 128;

    private BlockScales() {
    }

    /** Whether 128 rows have their scales in common, and none is larger than kernels take. */
    static boolean suitKernels(final Tensor matrix) {
        final long columns = matrix.shape()[1] / EXTENT;
        final long blocks = matrix.shape()[0] * columns;
        for (long block = 0; block < blocks; block++) {
            final float scale = scale(matrix, block);
            final long row = block / columns;
            if (!(Math.abs(scale) < MOST) || scale != scale(matrix, block - row % EXTENT * columns)) {
                return false;
            }
        }
        return true;
    }

    private static float scale(final Tensor matrix, final long block) {
        return matrix.segment().get(FLOAT, block * BLOCK_BYTES);
    }

    /** Copies the codes of rows from the start of memory on, and behind them scales; the first row begins a scale. */
    static void divide(final Tensor matrix, final int firstRow, final int rows, final MemorySegment to) {
        final int columns = (int)matrix.shape()[1] / EXTENT;
        final long first = (long)firstRow * columns;
        long scales = (long)rows * columns * EXTENT;
        for (int block = 0; block < rows * columns; block++) {
            final long from = (first + block) * BLOCK_BYTES;
            MemorySegment.copy(matrix.segment(), from + Float.BYTES, to, (long)block * EXTENT, EXTENT);
            if (block / columns % EXTENT == 0) {
                to.set(FLOAT, scales, scale(matrix, first + block));
                scales += Float.BYTES;
            }
        }
    }
}
