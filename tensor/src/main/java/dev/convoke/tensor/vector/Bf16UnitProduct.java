package dev.convoke.tensor.vector;

import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.PanelProduct;
import dev.convoke.tensor.RowBuffer;

/**
 * Many rows times bf16 weights on a matrix unit, which takes rows and tiles where they lie; quantised tiles are
 * unpacked first, each once for all rows of a strip. One thread's; reused.
 */
final class Bf16UnitProduct {
    private final PanelProduct product;
    private final PanelSums sums = new PanelSums();
    private final UnpackedTile unpacked = new UnpackedTile();

    Bf16UnitProduct(final PanelProduct product) {
        this.product = product;
    }

    /** Whether so many rows are worth it. */
    boolean takes(final int rows) {
        return rows >= product.fewestRows();
    }

    /** {@code KernelBackend.matmul}. */
    void multiply(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        int first = fromRow;
        while (first < toRow) {
            final int rows = PanelSums.nextRows(toRow - first);
            for (int tile = fromTile; tile < toTile; tile++) {
                final WeightTiles tiles = tiles(weights, tile);
                product.multiply(x.segment(), x.rowOffsetBytes(first), rows, tiles.stride() / 2, tiles.segment(),
                    tiles.offsetBytes(tile * TiledMatrix.VECTORS), sums.segment());
                for (int row = 0; row < rows; row++) {
                    sums.store(row, y, first + row, tile, weights.outputs());
                }
            }
            first += rows;
        }
    }

    private WeightTiles tiles(final PackedMatrix weights, final int tile) {
        if (weights instanceof final BlockMatrix blocks) {
            unpacked.unpack(blocks, tile);
            return unpacked;
        }
        return (TiledMatrix)weights;
    }
}
