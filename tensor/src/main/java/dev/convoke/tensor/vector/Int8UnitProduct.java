package dev.convoke.tensor.vector;

import dev.convoke.tensor.Int8;
import dev.convoke.tensor.PanelProduct;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Many rows times codes on a matrix unit. Rows become codes too, each {@value RowCodes#SHIFT} more than it is: units
 * multiply unsigned bytes with signed ones. What that adds to a sum is known from the weights alone. One thread's;
 * reused.
 */
final class Int8UnitProduct {
    private final PanelProduct product;
    private final PanelSums sums = new PanelSums();
    private final RowCodes rowCodes = new RowCodes();
    private final float[] scales = new float[PanelSums.STRIP_ROWS];
    private float[] row = new float[0];
    private MemorySegment codes = MemorySegment.NULL;

    Int8UnitProduct(final PanelProduct product) {
        this.product = product;
    }

    /** Whether so many rows are worth it. */
    boolean takes(final int rows) {
        return rows >= product.fewestRows();
    }

    /** {@code Int8Products.matmul}. */
    void multiply(final Int8TiledMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        int first = fromRow;
        while (first < toRow) {
            final int rows = PanelSums.nextRows(toRow - first);
            encode(x, first, rows, weights.tileWords() * (long)Integer.BYTES);
            for (int tile = fromTile; tile < toTile; tile++) {
                product.multiply(codes, 0, rows, weights.tileWords(), weights.codes(), weights.tileOffsetBytes(tile),
                    sums.segment());
                for (int i = 0; i < rows; i++) {
                    sums.store(i, scales[i], weights, tile, y, first + i);
                }
            }
            first += rows;
        }
    }

    /** What lies between a row's codes and the next row's is multiplied with zeros. */
    private void encode(final RowBuffer x, final int first, final int rows, final long rowBytes) {
        if (codes.byteSize() < rows * rowBytes) {
            codes = Arena.ofAuto().allocate(PanelSums.STRIP_ROWS * rowBytes + RowCodes.MORE_BYTES, 64);
        }
        if (row.length < x.stride()) {
            row = new float[x.stride()];
        }
        for (int i = 0; i < rows; i++) {
            Conversion.load(x.segment(), x.dtype(), (long)(first + i) * x.stride(), x.stride(), row, 0);
            final float largest = rowCodes.largest(row, 0, x.stride());
            RowCodes.shifted(row, x.stride(), Int8.inverse(largest), codes, i * rowBytes);
            scales[i] = Int8.scale(largest);
        }
    }
}
