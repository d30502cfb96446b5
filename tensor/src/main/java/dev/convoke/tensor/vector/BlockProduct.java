package dev.convoke.tensor.vector;

import dev.convoke.tensor.RowBuffer;

/**
 * Rows times weights that stay quantised. One row unpacks them in registers; several rows pass over one tile after the
 * other, unpacked to bf16 where it stays in cache. The bits are those of weights unpacked when they were packed. One
 * thread's; reused.
 */
final class BlockProduct {
    private final Bf16TileProduct product = new Bf16TileProduct();
    private final UnpackedTile unpacked = new UnpackedTile();
    private final float[] sums = new float[2 * Lanes.COUNT];

    /** {@code KernelBackend.matmul}. */
    void multiply(final BlockMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow, final int toRow,
        final int fromTile, final int toTile) {
        for (int first = fromRow; first < toRow; first += TileProduct.STRIP_ROWS) {
            final int rows = Math.min(TileProduct.STRIP_ROWS, toRow - first);
            product.widen(x, first, rows);
            for (int tile = fromTile; tile < toTile; tile++) {
                if (rows == 1) {
                    multiplyRow(weights, y, first, tile);
                } else {
                    unpacked.unpack(weights, tile);
                    product.multiply(unpacked, y, tile * TiledMatrix.VECTORS, (tile + 1) * TiledMatrix.VECTORS);
                }
            }
        }
    }

    private void multiplyRow(final BlockMatrix weights, final RowBuffer y, final int row, final int tile) {
        for (int vector = 0; vector < TiledMatrix.VECTORS; vector += 2) {
            BlockRowProduct.multiply(weights, tile, vector * Lanes.BYTES, product.inputs(), sums);
            TileProduct.store(weights.outputs(), y, row, tile * TiledMatrix.VECTORS + vector, sums, 0);
        }
    }
}
