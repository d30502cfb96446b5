package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Rows times tiles, in register blocks: four rows by two vectors of outputs keep sixteen chains of multiply-adds in
 * flight, one row by four vectors eight, enough to hide their latency. Rows are widened once into an array; the weights
 * of two vectors stay in cache while up to {@link #STRIP_ROWS} rows pass over them, so that memory is read once.
 * One thread's; reused. Subclasses know the operand type.
 */
abstract class TileProduct {
    /** Pairs in a block of the canonical dot product. */
    static final int BLOCK_PAIRS = RowBuffer.BLOCK / 2;
    private static final int STRIP_ROWS = 64;
    private static final int ACCUMULATORS = 8 * Lanes.COUNT;

    private final float[] sums = new float[2 * ACCUMULATORS];
    private float[] inputs = new float[0];

    /** {@code KernelBackend.matmul}. */
    final void multiply(final TiledMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        final int fromVector = fromTile * TiledMatrix.VECTORS;
        final int toVector = toTile * TiledMatrix.VECTORS;
        for (int first = fromRow; first < toRow; first += STRIP_ROWS) {
            final int rows = Math.min(STRIP_ROWS, toRow - first);
            widen(x, first, rows);
            int vector = fromVector;
            if (rows == 1) {
                for (; vector + 4 <= toVector; vector += 4) {
                    fourVectors(weights, y, first, vector);
                }
            }
            for (; vector < toVector; vector += 2) {
                twoVectors(weights, y, first, rows, vector);
            }
        }
    }

    private void widen(final RowBuffer x, final int firstRow, final int rows) {
        final int length = rows * x.stride();
        if (inputs.length < length) {
            inputs = new float[length];
        }
        Conversion.load(x.segment(), x.dtype(), (long)firstRow * x.stride(), length, inputs, 0);
    }

    private void fourVectors(final TiledMatrix weights, final RowBuffer y, final int row, final int vector) {
        Arrays.fill(sums, 0);
        oneByFour(weights.segment(), weights.offsetBytes(vector), weights.offsetBytes(vector + 2), inputs,
            weights.stride(), sums);
        store(weights, y, row, vector, 0);
        store(weights, y, row, vector + 2, 2);
    }

    private void twoVectors(final TiledMatrix weights, final RowBuffer y, final int firstRow, final int rows,
        final int vector) {
        final MemorySegment segment = weights.segment();
        final long at = weights.offsetBytes(vector);
        final int stride = weights.stride();
        int row = 0;
        while (row < rows) {
            final int left = rows - row;
            final int block = left >= 4 ? 4 : Math.min(left, 2);
            Arrays.fill(sums, 0);
            switch (block) {
                case 4 -> fourByTwo(segment, at, inputs, row * stride, stride, sums);
                case 2 -> twoByTwo(segment, at, inputs, row * stride, stride, sums);
                default -> oneByTwo(segment, at, inputs, row * stride, stride, sums);
            }
            for (int i = 0; i < block; i++) {
                store(weights, y, firstRow + row + i, vector, 2 * i);
            }
            row += block;
        }
    }

    /** Writes the sums of two neighbouring vectors, without the outputs that pad a tile. */
    private void store(final TiledMatrix weights, final RowBuffer y, final int row, final int vector, final int sum) {
        final int output = vector * Lanes.COUNT;
        final int count = Math.min(2 * Lanes.COUNT, weights.outputs() - output);
        if (count > 0) {
            Conversion.store(sums, ACCUMULATORS + sum * Lanes.COUNT, count, y.segment(), y.dtype(),
                (long)row * y.stride() + output);
        }
    }

    /**
     * Adds the products of four rows with two neighbouring vectors of outputs.
     *
     * @param at     byte offset of the weights
     * @param x      rows, widened
     * @param from   index of the first row
     * @param stride elements of a row: blocks of 32
     * @param sums   [row][vector][lane], scratch and then accumulators: see {@link #addBlock}
     */
    abstract void fourByTwo(MemorySegment weights, long at, float[] x, int from, int stride, float[] sums);

    /** Two rows. */
    abstract void twoByTwo(MemorySegment weights, long at, float[] x, int from, int stride, float[] sums);

    /** One row. */
    abstract void oneByTwo(MemorySegment weights, long at, float[] x, int from, int stride, float[] sums);

    /** One row and the two vectors of outputs at {@code at} and the two at {@code nextAt}. */
    abstract void oneByFour(MemorySegment weights, long at, long nextAt, float[] x, int stride, float[] sums);

    /**
     * Ends a block: adds the {@code vectors} at the beginning of {@code sums}, which hold {@code even + odd}, to the
     * accumulators, which follow at {@link #ACCUMULATORS}.
     */
    static void addBlock(final float[] sums, final int vectors) {
        for (int i = 0; i < vectors * Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, sums, ACCUMULATORS + i).add(FloatVector.fromArray(FLOATS, sums, i))
                .intoArray(sums, ACCUMULATORS + i);
        }
    }
}
