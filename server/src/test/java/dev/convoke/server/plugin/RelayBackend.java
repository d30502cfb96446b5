package dev.convoke.server.plugin;

import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A backend of its own name that has the scalar one do the work, counting the products. */
public final class RelayBackend implements KernelBackend {
    static final AtomicLong PRODUCTS = new AtomicLong();

    private KernelBackend scalar;

    private KernelBackend scalar() {
        if (scalar == null) {
            scalar = NamedServices.named(KernelBackend.class, "scalar");
        }
        return scalar;
    }

    @Override
    public String name() {
        return "relay";
    }

    @Override
    public String unsupportedReason() {
        return "";
    }

    @Override
    public int preference() {
        return -1;
    }

    @Override
    public int tileOutputs() {
        return scalar().tileOutputs();
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return scalar().pack(arena, dtype, stacked, throttle);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        PRODUCTS.incrementAndGet();
        scalar().matmul(weights, x, y, fromRow, toRow, fromTile, toTile);
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        scalar().rmsNorm(x, weight, epsilon, y, fromRow, toRow);
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        scalar().gatedSilu(gateUp, y, fromRow, toRow);
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        scalar().rotate(x, firstColumn, table, positions, y, fromRow, toRow);
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        scalar().round(x, firstColumn, y, fromRow, toRow);
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        scalar().attend(batch, fromItem, toItem);
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        scalar().combine(slotRows, weights, slots, residual, fromRow, toRow);
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        scalar().add(x, residual, fromRow, toRow);
    }
}
