package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Kernels on the first NVIDIA GPU that the process sees, in bf16. */
public final class CudaBackend implements KernelBackend {
    private DriverProbe probe;

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int preference() {
        return 200;
    }

    @Override
    public String unsupportedReason() {
        return KernelImage.isPresent() ? probe().unsupportedReason() : "this build carries no CUDA kernels";
    }

    private synchronized DriverProbe probe() {
        if (probe == null) {
            probe = DriverProbe.of(KernelImage.DRIVER_VERSION, KernelImage.CAPABILITY);
        }
        return probe;
    }

    @Override
    public String description() {
        return probe().description();
    }

    @Override
    public boolean takes(final DType operand) {
        return operand == DType.BF16;
    }

    @Override
    public boolean spreads() {
        return false;
    }

    @Override
    public int tileOutputs() {
        return Integer.MAX_VALUE;
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        throw new UnsupportedOperationException();
    }
}
