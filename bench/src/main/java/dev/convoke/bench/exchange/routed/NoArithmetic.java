package dev.convoke.bench.exchange.routed;

import dev.convoke.core.DType;
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

/** Computes nothing, in no time: outputs keep what they held. */
final class NoArithmetic implements KernelBackend {
    private record NoWeights(int outputs, int inputs, DType dtype) implements PackedMatrix {
        @Override
        public long bytes() {
            return 0;
        }
    }

    @Override
    public String name() {
        return "none";
    }

    @Override
    public String unsupportedReason() {
        return "";
    }

    @Override
    public int tileOutputs() {
        return Integer.MAX_VALUE;
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return new NoWeights(1, 1, dtype);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        // Nothing.
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        // Nothing.
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        // Nothing.
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        // Nothing.
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        // Nothing.
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        // Nothing.
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        // Nothing.
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        // Nothing.
    }
}
