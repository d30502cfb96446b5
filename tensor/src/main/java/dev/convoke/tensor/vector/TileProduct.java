package dev.convoke.tensor.vector;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Rows times tiles, in register blocks: four rows by two vectors of outputs keep sixteen chains of multiply-adds in
 * flight, one row by four vectors eight, enough to hide their latency. Rows are widened once into an array. Of two
 * vectors of weights {@link #CHUNK_PAIRS} pairs at a time stay in the first-level cache while up to
 * {@link #STRIP_ROWS} rows pass over them: memory is read once, at an even pace while products are computed.
 * One thread's; reused. Subclasses know the operand type.
 */
abstract class TileProduct {
    /** Pairs in a block of the canonical dot product. */
    static final int BLOCK_PAIRS = RowBuffer.BLOCK / 2;
    /** Rows that pass over the weights together. */
    static final int STRIP_ROWS = 64;
    private static final int CHUNK_PAIRS = 16 * BLOCK_PAIRS;

    /** Accumulators: [row][2 vectors][lane], or [4 vectors][lane] of one row. */
    final float[] sums = new float[STRIP_ROWS * 2 * Lanes.COUNT];
    private float[] inputs = new float[0];
    private int firstRow;
    private int rows;

    /** {@code KernelBackend.matmul}. */
    final void multiply(final TiledMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        for (int first = fromRow; first < toRow; first += STRIP_ROWS) {
            widen(x, first, Math.min(STRIP_ROWS, toRow - first));
            multiply(weights, y, fromTile * TiledMatrix.VECTORS, toTile * TiledMatrix.VECTORS);
        }
    }

    /** Takes up to {@link #STRIP_ROWS} rows, which the next products are of. */
    final void widen(final RowBuffer x, final int fromRow, final int count) {
        firstRow = fromRow;
        rows = count;
        final int length = count * x.stride();
        if (inputs.length < length) {
            inputs = new float[length];
        }
        Conversion.load(x.segment(), x.dtype(), (long)fromRow * x.stride(), length, inputs, 0);
    }

    /** The rows taken, one after the other. */
    final float[] inputs() {
        return inputs;
    }

    /** The rows taken times a range of vectors of outputs. */
    final void multiply(final WeightTiles weights, final RowBuffer y, final int fromVector, final int toVector) {
        int vector = fromVector;
        if (rows == 1) {
            for (; vector + 4 <= toVector; vector += 4) {
                fourVectors(weights, y, vector);
            }
        }
        for (; vector < toVector; vector += 2) {
            twoVectors(weights, y, vector);
        }
    }

    private void fourVectors(final WeightTiles weights, final RowBuffer y, final int vector) {
        Arrays.fill(sums, 0, 4 * Lanes.COUNT, 0);
        oneByFour(weights.segment(), weights.offsetBytes(vector), weights.offsetBytes(vector + 2), inputs,
            weights.stride() / 2);
        store(weights.outputs(), y, firstRow, vector, sums, 0);
        store(weights.outputs(), y, firstRow, vector + 2, sums, 2 * Lanes.COUNT);
    }

    private void twoVectors(final WeightTiles weights, final RowBuffer y, final int vector) {
        multiplyPairs(weights, vector, 0, weights.stride() / 2);
        for (int row = 0; row < rows; row++) {
            store(weights.outputs(), y, firstRow + row, vector, sums, row * 2 * Lanes.COUNT);
        }
    }

    /** The rows taken times two vectors of outputs over a range of pairs, left in {@link #sums}. */
    final void multiplyPairs(final WeightTiles weights, final int vector, final int fromPair, final int toPair) {
        Arrays.fill(sums, 0, rows * 2 * Lanes.COUNT, 0);
        final long at = weights.offsetBytes(vector);
        for (int pair = fromPair; pair < toPair; pair += CHUNK_PAIRS) {
            chunk(weights, at + pair * pairBytes(), pair, Math.min(CHUNK_PAIRS, toPair - pair));
        }
    }

    /** All rows over the pairs from {@code pair}, which lie at {@code at}. */
    private void chunk(final WeightTiles weights, final long at, final int pair, final int pairs) {
        final MemorySegment segment = weights.segment();
        final int stride = weights.stride();
        int row = 0;
        while (row < rows) {
            final int left = rows - row;
            final int from = row * stride + 2 * pair;
            final int accumulators = row * 2 * Lanes.COUNT;
            if (left >= 4) {
                fourByTwo(segment, at, inputs, from, stride, pairs, accumulators);
                row += 4;
            } else if (left >= 2) {
                twoByTwo(segment, at, inputs, from, stride, pairs, accumulators);
                row += 2;
            } else {
                oneByTwo(segment, at, inputs, from, stride, pairs, accumulators);
                row++;
            }
        }
    }

    /** Writes two neighbouring vectors that lie at {@code from}, without the outputs that pad a tile. */
    static void store(final int outputs, final RowBuffer y, final int row, final int vector, final float[] values,
        final int from) {
        final int output = vector * Lanes.COUNT;
        final int count = Math.min(2 * Lanes.COUNT, outputs - output);
        if (count > 0) {
            Conversion.store(values, from, count, y.segment(), y.dtype(), (long)row * y.stride() + output);
        }
    }

    /** Bytes from a pair to the next of the same outputs. */
    abstract long pairBytes();

    /**
     * Adds the products of four rows with two neighbouring vectors of outputs.
     *
     * @param at           byte offset of the weights
     * @param x            rows, widened
     * @param from         index of the first row's first element
     * @param stride       elements of a row
     * @param pairs        inputs, in pairs: blocks of 16
     * @param accumulators where those of the first row are in {@link #sums}
     */
    abstract void fourByTwo(MemorySegment weights, long at, float[] x, int from, int stride, int pairs,
        int accumulators);

    /** Two rows. */
    abstract void twoByTwo(MemorySegment weights, long at, float[] x, int from, int stride, int pairs,
        int accumulators);

    /** One row. */
    abstract void oneByTwo(MemorySegment weights, long at, float[] x, int from, int stride, int pairs,
        int accumulators);

    /** One row and the two vectors of outputs at {@code at} and the two at {@code nextAt}, from the first input on. */
    abstract void oneByFour(MemorySegment weights, long at, long nextAt, float[] x, int pairs);
}
