package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.Int8;
import dev.convoke.tensor.RowBuffer;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows times codes: the rows become codes themselves, as floats. One row unpacks weights in registers; several pass
 * over one tile after the other, unpacked to bf16 where it stays in cache, and their sums become integers before they
 * are too large to be exact. One thread's; reused.
 */
final class Int8Product {
    private static final int EXACT_PAIRS = Int8.EXACT_INPUTS / 2;

    private final Bf16TileProduct product = new Bf16TileProduct();
    private final UnpackedCodes unpacked = new UnpackedCodes();
    private final float[] scales = new float[TileProduct.STRIP_ROWS];
    /** [row][2 vectors][lane]. */
    private final int[] sums = new int[TileProduct.STRIP_ROWS * 2 * Lanes.COUNT];
    private final float[] results = new float[2 * Lanes.COUNT];
    private final RowCodes rowCodes = new RowCodes();

    /** {@code Int8Products.matmul}. */
    void multiply(final Int8TiledMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        for (int first = fromRow; first < toRow; first += TileProduct.STRIP_ROWS) {
            final int rows = Math.min(TileProduct.STRIP_ROWS, toRow - first);
            product.widen(x, first, rows);
            for (int row = 0; row < rows; row++) {
                scales[row] = encode(product.inputs(), row * x.stride(), x.stride());
            }
            for (int tile = fromTile; tile < toTile; tile++) {
                multiply(weights, y, first, rows, tile);
            }
        }
    }

    /** Replaces a row by its codes and returns their scale. */
    private float encode(final float[] values, final int from, final int count) {
        final float largest = rowCodes.largest(values, from, count);
        RowCodes.replace(values, from, count, Int8.inverse(largest));
        return Int8.scale(largest);
    }

    private void multiply(final Int8TiledMatrix weights, final RowBuffer y, final int firstRow, final int rows,
        final int tile) {
        if (rows > 1) {
            unpacked.unpack(weights, tile);
        }
        for (int vector = 0; vector < TiledMatrix.VECTORS; vector += 2) {
            if (rows > 1) {
                addRows(rows, weights.words() * Int8TiledMatrix.WORD_CODES / 2,
                    tile * TiledMatrix.VECTORS + vector);
            } else {
                Int8RowProduct.multiply(weights.codes(), weights.tileOffsetBytes(tile) + (long)vector * Lanes.BYTES,
                    weights.words(), product.inputs(), sums);
            }
            for (int row = 0; row < rows; row++) {
                store(weights, y, firstRow, row, tile * TiledMatrix.VECTORS + vector);
            }
        }
    }

    private void addRows(final int rows, final int pairs, final int vector) {
        final int count = rows * 2 * Lanes.COUNT;
        Arrays.fill(sums, 0, count, 0);
        for (int pair = 0; pair < pairs; pair += EXACT_PAIRS) {
            product.multiplyPairs(unpacked, vector, pair, Math.min(pairs, pair + EXACT_PAIRS));
            for (int i = 0; i < count; i += Lanes.COUNT) {
                IntVector.fromArray(INTS, sums, i)
                    .add(FloatVector.fromArray(FLOATS, product.sums, i).convert(VectorOperators.F2I, 0))
                    .intoArray(sums, i);
            }
        }
    }

    private void store(final Int8TiledMatrix weights, final RowBuffer y, final int firstRow, final int row,
        final int vector) {
        for (int i = 0; i < 2; i++) {
            final FloatVector scale = FloatVector.fromMemorySegment(FLOATS, weights.scales(),
                (long)(vector + i) * Lanes.BYTES, ORDER).mul(scales[row]);
            ((FloatVector)IntVector.fromArray(INTS, sums, (2 * row + i) * Lanes.COUNT)
                .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(results, i * Lanes.COUNT);
        }
        TileProduct.store(weights.outputs(), y, firstRow + row, vector, results, 0);
    }
}
