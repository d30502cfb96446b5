package dev.convoke.experthost;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The scalar backend as if it were a device: two batches run at once, end when the test says so, and leave their rows
 * in another order.
 */
final class LateBackend implements KernelBackend {
    /** Batches that were started and have not ended, oldest first. */
    final List<LateBatch> running = new ArrayList<>();
    private final KernelBackend scalar = HostFixture.backend("scalar");

    @Override
    public String name() {
        return "late";
    }

    @Override
    public String unsupportedReason() {
        return "";
    }

    @Override
    public boolean spreads() {
        return false;
    }

    @Override
    public int ffnBatches() {
        return 2;
    }

    @Override
    public FfnBatch ffnBatch(final Arena arena, final FfnShape shape, final Kernels kernels) {
        return new LateBatch(scalar.ffnBatch(arena, shape, kernels),
            new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden()));
    }

    @Override
    public int tileOutputs() {
        return scalar.tileOutputs();
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return scalar.pack(arena, dtype, stacked, throttle);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        scalar.matmul(weights, x, y, fromRow, toRow, fromTile, toTile);
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        scalar.gatedSilu(gateUp, y, fromRow, toRow);
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
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

    /** Computes when it is told to end, from the rows as they are then, and turns their order round. */
    final class LateBatch implements FfnBatch {
        private final FfnBatch batch;
        private final RowBuffer output;
        private int done;

        LateBatch(final FfnBatch batch, final RowBuffer output) {
            this.batch = batch;
            this.output = output;
        }

        /** What it was started for. */
        void end() {
            compute(rows());
        }

        /** Its first rows, of which some may have been computed before; with the last one it ends. */
        void compute(final int rows) {
            batch.start();
            for (int row = done; row < rows; row++) {
                MemorySegment.copy(batch.output().segment(), batch.output().rowOffsetBytes(row), output.segment(),
                    output.rowOffsetBytes(outputRow(row)), output.rowBytes());
            }
            done = rows;
            if (done == rows()) {
                running.remove(this);
            }
        }

        @Override
        public void clear(final int layer, final RowBuffer source) {
            batch.clear(layer, source);
        }

        @Override
        public void addGroup(final PackedFfn weights) {
            batch.addGroup(weights);
        }

        @Override
        public void addRow(final int sourceRow, final float scale) {
            batch.addRow(sourceRow, scale);
        }

        @Override
        public int capacity() {
            return batch.capacity();
        }

        @Override
        public int rows() {
            return batch.rows();
        }

        @Override
        public int groups() {
            return batch.groups();
        }

        @Override
        public void start() {
            done = 0;
            running.add(this);
        }

        @Override
        public int rowsDone() {
            return done;
        }

        @Override
        public RowBuffer output() {
            return output;
        }

        @Override
        public int outputRow(final int row) {
            return rows() - 1 - row;
        }
    }
}
