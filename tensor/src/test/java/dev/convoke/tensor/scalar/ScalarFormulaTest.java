package dev.convoke.tensor.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.Bf16;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Rows;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The specification itself, against its formulas in double precision and against sums worked out by hand. */
class ScalarFormulaTest {
    private static final double TOLERANCE = 1e-5;

    private final ScalarBackend backend = new ScalarBackend();
    private final SplittableRandom random = new SplittableRandom(Rows.seed());
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void shouldMultiply() {
        final int inputs = 100;
        final RowBuffer x = Rows.random(arena, DType.F32, 3, inputs, random);
        final Tensor weights = Rows.weights(arena, DType.F32, 7, inputs, random);
        final RowBuffer y = product(x, weights);
        for (int row = 0; row < 3; row++) {
            for (int output = 0; output < 7; output++) {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < inputs; k++) {
                    final double term = (double)x.get(row, k) * weights.at((long)output * inputs + k);
                    sum += term;
                    size += Math.abs(term);
                }
                assertEquals(sum, y.get(row, output), TOLERANCE * size);
            }
        }
    }

    @Test
    void shouldSumInCanonicalOrder() {
        final RowBuffer x = new RowBuffer(arena, DType.F32, 1, 34);
        x.set(0, 0, 0x1p24f);
        x.set(0, 1, 1);
        x.set(0, 2, 1);
        x.set(0, 3, 1);
        x.set(0, 32, 1);
        x.set(0, 33, 1);
        final Tensor ones = matrix(1, 34, 1);
        assertEquals(0x1p24f + 4, product(x, ones).get(0, 0),
            "2^24 + 1 is lost in the even chain; 2 of the odd chain and 2 of the second block are not");
    }

    @Test
    void shouldRoundOncePerMultiplyAdd() {
        final RowBuffer x = new RowBuffer(arena, DType.F32, 1, 3);
        x.set(0, 0, -1);
        x.set(0, 2, 1 + 0x1p-12f);
        final MemorySegment segment = arena.allocate(12);
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1 + 0x1p-11f);
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 1 + 0x1p-12f);
        final Tensor weights = new Tensor("weights", DType.F32, new long[] {1, 3}, segment);
        assertEquals(0x1p-24f, product(x, weights).get(0, 0), "the square's last bit survives only unrounded");
    }

    private RowBuffer product(final RowBuffer x, final Tensor weights) {
        final PackedMatrix packed = backend.pack(arena, x.dtype(), List.of(weights));
        final RowBuffer y = new RowBuffer(arena, DType.F32, x.capacity(), packed.outputs());
        backend.matmul(packed, x, y, 0, x.capacity(), 0, packed.outputs());
        return y;
    }

    private Tensor matrix(final int outputs, final int inputs, final float value) {
        final MemorySegment segment = arena.allocate((long)outputs * inputs * Float.BYTES);
        for (long i = 0; i < (long)outputs * inputs; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return new Tensor("matrix", DType.F32, new long[] {outputs, inputs}, segment);
    }

    @Test
    void shouldNormalise() {
        final RowBuffer x = Rows.random(arena, DType.F32, 2, 50, random);
        final MemorySegment weight = Rows.vector(arena, 50, random);
        final RowBuffer y = new RowBuffer(arena, DType.F32, 2, 50);
        backend.rmsNorm(x, weight, 1e-5f, y, 0, 2);
        for (int row = 0; row < 2; row++) {
            double squares = 0;
            for (int column = 0; column < 50; column++) {
                squares += (double)x.get(row, column) * x.get(row, column);
            }
            for (int column = 0; column < 50; column++) {
                final double expected = x.get(row, column) / Math.sqrt(squares / 50 + 1e-5)
                    * weight.getAtIndex(ValueLayout.JAVA_FLOAT, column);
                assertEquals(expected, y.get(row, column), TOLERANCE * Math.abs(expected));
            }
        }
    }

    @Test
    void shouldGateRoundCombineAndAdd() {
        final RowBuffer gateUp = Rows.random(arena, DType.F32, 4, 20, random);
        final RowBuffer gated = new RowBuffer(arena, DType.F32, 4, 10);
        backend.gatedSilu(gateUp, gated, 0, 4);
        final RowBuffer rounded = new RowBuffer(arena, DType.BF16, 4, 10);
        backend.round(gateUp, 5, rounded, 0, 4);
        final RowBuffer residual = Rows.random(arena, DType.F32, 2, 10, random);
        final RowBuffer before = new RowBuffer(arena, DType.F32, 2, 10);
        before.segment().copyFrom(residual.segment());
        final float[] weights = {0.5f, 0.25f, -1, 2};
        backend.combine(rounded, weights, 2, residual, 0, 2);
        backend.add(before, residual, 0, 2);
        for (int row = 0; row < 4; row++) {
            for (int column = 0; column < 10; column++) {
                final double gate = gateUp.get(row, column);
                final double expected = gate / (1 + Math.exp(-gate)) * gateUp.get(row, 10 + column);
                assertEquals(expected, gated.get(row, column), TOLERANCE * Math.abs(expected));
                assertEquals(Bf16.round(gateUp.get(row, 5 + column)), rounded.get(row, column));
                final int to = row / 2;
                assertEquals(2.0 * before.get(to, column) + weights[2 * to] * rounded.get(2 * to, column)
                    + weights[2 * to + 1] * rounded.get(2 * to + 1, column), residual.get(to, column), TOLERANCE);
            }
        }
    }

    @Test
    void shouldRotateEachPairByItsAngle() {
        final int headDim = 16;
        final float[] frequencies = RotaryTable.defaultFrequencies(headDim, 10_000);
        final RotaryTable table = new RotaryTable(arena, 30, frequencies);
        final RowBuffer x = Rows.random(arena, DType.F32, 1, 3 * headDim, random);
        final RowBuffer y = new RowBuffer(arena, DType.F32, 1, 2 * headDim);
        backend.rotate(x, headDim, table, new int[] {29}, y, 0, 1);
        for (int head = 0; head < 2; head++) {
            for (int i = 0; i < headDim / 2; i++) {
                final double angle = 29 * Math.pow(10_000, -2.0 * i / headDim);
                final double low = x.get(0, (head + 1) * headDim + i);
                final double high = x.get(0, (head + 1) * headDim + headDim / 2 + i);
                assertEquals(low * Math.cos(angle) - high * Math.sin(angle), y.get(0, head * headDim + i), 1e-4);
                assertEquals(high * Math.cos(angle) + low * Math.sin(angle),
                    y.get(0, head * headDim + headDim / 2 + i), 1e-4);
            }
        }
    }

    @Test
    void shouldAttendToWhatARowSees() {
        for (final int window : new int[] {0, 1, 20}) {
            for (final int position : new int[] {0, 15, 16, 40}) {
                attend(position, window);
            }
        }
    }

    private void attend(final int position, final int window) {
        final int headDim = 32;
        final KvPages pages = new KvPages(arena, DType.F32, 4, 1, 2, headDim);
        final RowBuffer keys = Rows.random(arena, DType.F32, position + 1, 2 * headDim, random);
        final RowBuffer values = Rows.random(arena, DType.F32, position + 1, 2 * headDim, random);
        final int[] pageTable = {2, 0, 3};
        for (int i = 0; i <= position; i++) {
            pages.store(pageTable[i / 16], 0, i % 16, keys, values, i);
        }
        final RowBuffer queries = Rows.random(arena, DType.F32, 1, 4 * headDim, random);
        final RowBuffer outputs = new RowBuffer(arena, DType.F32, 1, 4 * headDim);
        final AttentionBatch batch = new AttentionBatch(pages, queries, outputs, 4, 0.25f, window);
        batch.start(0);
        batch.add(position, pageTable);
        backend.attend(batch, 0, 2);
        final int first = window == 0 ? 0 : Math.max(0, position - window + 1);
        for (int head = 0; head < 4; head++) {
            final double[] expected = softmaxAttention(queries, keys, values, head, first);
            for (int d = 0; d < headDim; d++) {
                assertEquals(expected[d], outputs.get(0, head * headDim + d), 1e-4, "position " + position);
            }
        }
    }

    private static double[] softmaxAttention(final RowBuffer queries, final RowBuffer keys, final RowBuffer values,
        final int head, final int first) {
        final int headDim = 32;
        final int kvColumn = head / 2 * headDim;
        final double[] output = new double[headDim];
        double total = 0;
        for (int i = first; i < keys.capacity(); i++) {
            double score = 0;
            for (int d = 0; d < headDim; d++) {
                score += (double)queries.get(0, head * headDim + d) * keys.get(i, kvColumn + d);
            }
            final double weight = Math.exp(score * 0.25);
            total += weight;
            for (int d = 0; d < headDim; d++) {
                output[d] += weight * values.get(i, kvColumn + d);
            }
        }
        for (int d = 0; d < headDim; d++) {
            output[d] /= total;
        }
        return output;
    }
}
