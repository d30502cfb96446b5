package dev.convoke.tensor.vector;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Int8Matrix;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** W8A8 on the JDK's Vector API, which has no product of bytes: codes are multiplied as floats, exactly. */
final class VectorInt8Products implements Int8Products {
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    @Override
    public Int8Matrix pack(final Arena arena, final List<Tensor> stacked, final Throttle throttle) {
        return Int8TiledMatrix.pack(arena, stacked, throttle);
    }

    @Override
    public void matmul(final Int8Matrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        scratch.get().product.multiply((Int8TiledMatrix)weights, x, y, fromRow, toRow, fromTile, toTile);
    }

    /** What a thread keeps between calls; nothing of the Vector API is loaded before it is wanted. */
    private static final class Scratch {
        private final Int8Product product = new Int8Product();
    }
}
