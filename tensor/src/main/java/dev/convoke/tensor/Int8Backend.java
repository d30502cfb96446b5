package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Throttle;
import java.lang.foreign.Arena;
import java.util.List;

/** A backend whose products, but for those of {@link #packExact}, are of 8-bit integers; all else is the backend's. */
final class Int8Backend extends ForwardingBackend {
    private final KernelBackend backend;
    private final Int8Products products;

    /** Of a backend that has such products. */
    Int8Backend(final KernelBackend backend) {
        this.backend = backend;
        products = backend.int8Products().orElseThrow();
    }

    @Override
    protected KernelBackend backend() {
        return backend;
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public NumericsId numerics() {
        return NumericsId.INT8_1;
    }

    @Override
    public boolean takes(final DType operand) {
        return operand == DType.BF16;
    }

    @Override
    public long packedBytes(final DType stored, final DType operand, final long elements) {
        return elements;
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return products.pack(arena, stacked, throttle);
    }

    @Override
    public PackedMatrix packExact(final Arena arena, final DType dtype, final List<Tensor> stacked) {
        return backend.pack(arena, dtype, stacked);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        if (weights instanceof final Int8Matrix codes) {
            products.matmul(codes, x, y, fromRow, toRow, fromTile, toTile);
        } else {
            backend.matmul(weights, x, y, fromRow, toRow, fromTile, toTile);
        }
    }
}
