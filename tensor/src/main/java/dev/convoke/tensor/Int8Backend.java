package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Throttle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A backend whose products, but for those of {@link #packExact}, are of 8-bit integers; all else is the backend's. */
final class Int8Backend implements KernelBackend {
    private final KernelBackend backend;
    private final Int8Products products;

    /** Of a backend that has such products. */
    Int8Backend(final KernelBackend backend) {
        this.backend = backend;
        products = backend.int8Products().orElseThrow();
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public String unsupportedReason() {
        return backend.unsupportedReason();
    }

    @Override
    public String description() {
        return backend.description();
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
    public boolean spreads() {
        return backend.spreads();
    }

    @Override
    public Arena newArena() {
        return backend.newArena();
    }

    @Override
    public long packedBytes(final DType stored, final DType operand, final long elements) {
        return elements;
    }

    @Override
    public int tileOutputs() {
        return backend.tileOutputs();
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

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        backend.rmsNorm(x, weight, epsilon, y, fromRow, toRow);
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        backend.gatedSilu(gateUp, y, fromRow, toRow);
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        backend.rotate(x, firstColumn, table, positions, y, fromRow, toRow);
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        backend.round(x, firstColumn, y, fromRow, toRow);
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        backend.attend(batch, fromItem, toItem);
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        backend.combine(slotRows, weights, slots, residual, fromRow, toRow);
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        backend.add(x, residual, fromRow, toRow);
    }
}
