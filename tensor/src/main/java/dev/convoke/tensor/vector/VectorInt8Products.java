package dev.convoke.tensor.vector;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Int8Matrix;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.MatrixUnit;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * W8A8 on the JDK's Vector API, which has no product of bytes: codes are multiplied as floats, exactly. A matrix unit
 * takes many rows.
 */
final class VectorInt8Products implements Int8Products {
    private final MatrixUnit unit;
    private final ThreadLocal<Scratch> scratch;

    VectorInt8Products(final MatrixUnit unit) {
        this.unit = unit;
        scratch = ThreadLocal.withInitial(() -> new Scratch(unit));
    }

    @Override
    public Int8Matrix pack(final Arena arena, final List<Tensor> stacked, final Throttle throttle) {
        final Int8TiledMatrix matrix = Int8TiledMatrix.pack(arena, stacked, throttle);
        unit.int8().ifPresent(product -> product.prepare(matrix.tileWords()));
        return matrix;
    }

    @Override
    public void matmul(final Int8Matrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        final Scratch mine = scratch.get();
        final Int8TiledMatrix matrix = (Int8TiledMatrix)weights;
        if (mine.unitProduct != null && mine.unitProduct.takes(toRow - fromRow)) {
            mine.unitProduct.multiply(matrix, x, y, fromRow, toRow, fromTile, toTile);
        } else {
            mine.product.multiply(matrix, x, y, fromRow, toRow, fromTile, toTile);
        }
    }

    /** What a thread keeps between calls; nothing of the Vector API is loaded before it is wanted. */
    private static final class Scratch {
        private final Int8Product product = new Int8Product();
        private final Int8UnitProduct unitProduct;

        Scratch(final MatrixUnit unit) {
            unitProduct = unit.int8().map(Int8UnitProduct::new).orElse(null);
        }
    }
}
