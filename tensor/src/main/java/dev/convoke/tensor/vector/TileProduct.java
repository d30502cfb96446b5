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
    /** Rows that pass over the weights together. */
    static final int STRIP_ROWS = 64;
    private static final int ACCUMULATORS = 8 * Lanes.COUNT;

    private final float[] sums = new float[2 * ACCUMULATORS];
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
        Arrays.fill(sums, 0);
        oneByFour(weights.segment(), weights.offsetBytes(vector), weights.offsetBytes(vector + 2), inputs,
            weights.stride(), sums);
        store(weights.outputs(), y, firstRow, vector, 0);
        store(weights.outputs(), y, firstRow, vector + 2, 2);
    }

    private void twoVectors(final WeightTiles weights, final RowBuffer y, final int vector) {
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
                store(weights.outputs(), y, firstRow + row + i, vector, 2 * i);
            }
            row += block;
        }
    }

    /** Writes the sums of two neighbouring vectors, without the outputs that pad a tile. */
    private void store(final int outputs, final RowBuffer y, final int row, final int vector, final int sum) {
        store(outputs, y, row, vector, sums, ACCUMULATORS + sum * Lanes.COUNT);
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
