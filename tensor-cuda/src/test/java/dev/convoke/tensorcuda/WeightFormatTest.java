package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.tensor.Rows;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WeightFormatTest {
    private static final int ROWS = 300;
    private static final int COLUMNS = 256;

    private final SplittableRandom random = new SplittableRandom(Rows.seed());
    private final Tensor matrix = Rows.weights(Arena.ofAuto(), DType.F8_E4M3, ROWS, COLUMNS, random);

    @Test
    void shouldKeepAnExpertInItsFormatIfAllOfItHasOne() {
        assertEquals(WeightFormat.INT4, WeightFormat.of(List.of(DType.Q4_0, DType.Q4_0, DType.Q4_0)));
        assertEquals(WeightFormat.MXFP4, WeightFormat.of(List.of(DType.MXFP4, DType.MXFP4, DType.MXFP4)));
        assertEquals(WeightFormat.FP8, WeightFormat.of(matrix, matrix, matrix));
        assertEquals(WeightFormat.BF16, WeightFormat.of(List.of(DType.Q4_0, DType.Q4_0, DType.Q6_K)));
        assertEquals(WeightFormat.BF16, WeightFormat.of(List.of(DType.Q8_0, DType.Q8_0, DType.Q8_0)));
    }

    @Test
    void shouldCountWeightsWithTheirScales() {
        assertEquals(2 * 8192, WeightFormat.BF16.bytes(8192));
        assertEquals(8192 + 64, WeightFormat.FP8.bytes(8192));
        assertEquals(3 * (4096 + 256) + 17, WeightFormat.MXFP4.bytes(3 * 8192 + 32));
        assertEquals(4096 + 1024, WeightFormat.INT4.bytes(8192));
        for (final int inputs : new int[] {64, 192, 320}) {
            assertEquals(0, DeviceFfn.bytes(WeightFormat.FP8, inputs, 192) % WeightLayout.ALIGNMENT);
        }
    }

    @Test
    void shouldRoundE4m3WhoseScalesKernelsDoNotTake() {
        final long rowBytes = DType.F8_E4M3.bytesOf(COLUMNS);
        assertTrue(BlockScales.suitKernels(matrix));
        final int row = random.nextInt(ROWS);
        final float before = scaleAt(row * rowBytes);
        matrix.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, row * rowBytes, before + 1);
        assertFalse(BlockScales.suitKernels(matrix), "row " + row);
        assertEquals(WeightFormat.BF16, WeightFormat.of(matrix, matrix, matrix));
        for (int at = row - row % 128; at < Math.min(ROWS, row - row % 128 + 128); at++) {
            matrix.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at * rowBytes, 128);
        }
        assertFalse(BlockScales.suitKernels(matrix), "a scale of 128");
    }

    private float scaleAt(final long offset) {
        return matrix.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
    }

    @Test
    void shouldTakeCodesAndScalesApart() {
        final int first = 128;
        final int rows = ROWS - first;
        final long codes = (long)rows * COLUMNS;
        final MemorySegment apart = Arena.ofAuto().allocate(rows * DType.F8_E4M3.bytesOf(COLUMNS), Float.BYTES);
        BlockScales.divide(matrix, first, rows, apart);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < COLUMNS; column++) {
                final long block = (long)(first + row) * COLUMNS / 128 + column / 128;
                final long from = block * DType.F8_E4M3.blockBytes();
                assertEquals(matrix.segment().get(ValueLayout.JAVA_BYTE, from + Float.BYTES + column % 128),
                    apart.get(ValueLayout.JAVA_BYTE, (long)row * COLUMNS + column));
                assertEquals(scaleAt(from), apart.get(ValueLayout.JAVA_FLOAT,
                    codes + (long)(row / 128 * 2 + column / 128) * Float.BYTES));
            }
        }
    }
}
