package dev.convoke.experthost;

import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.ForwardingBackend;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The scalar backend as if it were a device: two batches run at once, end when the test says so, and leave their rows
 * in another order.
 */
final class LateBackend extends ForwardingBackend {
    /** Batches that were started and have not ended, oldest first. */
    final List<LateBatch> running = new ArrayList<>();
    private final KernelBackend scalar = HostFixture.backend("scalar");

    @Override
    protected KernelBackend backend() {
        return scalar;
    }

    @Override
    public String name() {
        return "late";
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
