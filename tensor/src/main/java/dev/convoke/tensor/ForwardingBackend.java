package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Throttle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A backend that leaves to another one whatever it does not do itself. The other one computes in memory of its own. */
public abstract class ForwardingBackend implements KernelBackend {
    /** The other one. */
    protected abstract KernelBackend backend();

    @Override
    public String unsupportedReason() {
        return backend().unsupportedReason();
    }

    @Override
    public String description() {
        return backend().description();
    }

    @Override
    public NumericsId numerics() {
        return backend().numerics();
    }

    @Override
    public boolean takes(final DType operand) {
        return backend().takes(operand);
    }

    @Override
    public boolean spreads() {
        return backend().spreads();
    }

    @Override
    public Arena newArena() {
        return backend().newArena();
    }

    @Override
    public long packedBytes(final DType stored, final DType operand, final long elements) {
        return backend().packedBytes(stored, operand, elements);
    }

    @Override
    public int tileOutputs() {
        return backend().tileOutputs();
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return backend().pack(arena, dtype, stacked, throttle);
    }

    @Override
    public PackedMatrix packExact(final Arena arena, final DType dtype, final List<Tensor> stacked) {
        return backend().packExact(arena, dtype, stacked);
    }

    @Override
    public Optional<Int8Products> int8Products() {
        return backend().int8Products();
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        backend().matmul(weights, x, y, fromRow, toRow, fromTile, toTile);
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        backend().rmsNorm(x, weight, epsilon, y, fromRow, toRow);
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        backend().gatedSilu(gateUp, y, fromRow, toRow);
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        backend().rotate(x, firstColumn, table, positions, y, fromRow, toRow);
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        backend().round(x, firstColumn, y, fromRow, toRow);
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        backend().attend(batch, fromItem, toItem);
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        backend().combine(slotRows, weights, slots, residual, fromRow, toRow);
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        backend().add(x, residual, fromRow, toRow);
    }
}
