package dev.convoke.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A backend's kernels spread over a worker pool. The bits do not depend on the number of threads, since every output
 * element is computed by one call in canonical order. Owned by one thread; no call allocates.
 *
 * <p>How much is handed to another thread at once follows from a rough count of multiply-adds, with dearer operations
 * counted as several, so that a small kernel stays on the caller's thread.
 */
public final class Kernels {
    /** Multiply-adds worth handing to another thread: a few microseconds. */
    private static final long GRAIN = 1 << 15;
    /** Reading a weight from memory takes as long as this many multiply-adds with it. */
    private static final int WEIGHT_COST = 3;
    /** Tiles of codes worth one call, which first makes codes of its rows. */
    private static final int CODED_TILES = 8;
    private static final int NORM_COST = 4;
    private static final int SILU_COST = 16;
    private static final int ROTATE_COST = 4;

    private final KernelBackend backend;
    private final WorkerPool pool;
    private final boolean spreads;
    private final MatmulTask matmulTask = new MatmulTask();
    private final GroupedMatmulTask groupedMatmulTask = new GroupedMatmulTask();
    private final RmsNormTask rmsNormTask = new RmsNormTask();
    private final GatedSiluTask gatedSiluTask = new GatedSiluTask();
    private final RotateTask rotateTask = new RotateTask();
    private final RoundTask roundTask = new RoundTask();
    private final AttendTask attendTask = new AttendTask();
    private final CombineTask combineTask = new CombineTask();
    private final AddTask addTask = new AddTask();

    /** The pool stays its owner's to close. */
    public Kernels(final KernelBackend backend, final WorkerPool pool) {
        this.backend = backend;
        this.pool = pool;
        this.spreads = backend.spreads();
    }

    /** For packing weights. */
    public KernelBackend backend() {
        return backend;
    }

    /** {@link KernelBackend#matmul} for the first {@code rows} rows. */
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int rows) {
        matmulTask.weights = weights;
        matmulTask.x = x;
        matmulTask.y = y;
        matmulTask.rows = rows;
        run(matmulTask, rows == 0 ? 0 : tiles(weights), tileCost(weights, rows), fewestTiles(weights));
    }

    /**
     * One product per group: rows {@code [offsets[g], offsets[g + 1])} times {@code weights[g]}. All weights have one
     * shape. A group without rows costs nothing and its weights may be null.
     *
     * @param offsets [groups + 1], ascending
     */
    public void groupedMatmul(final PackedMatrix[] weights, final int[] offsets, final int groups, final RowBuffer x,
        final RowBuffer y) {
        groupedMatmulTask.start(weights, offsets, groups, x, y);
        run(groupedMatmulTask, groups * groupedMatmulTask.tiles, groupedMatmulTask.itemCost,
            groupedMatmulTask.fewestTiles);
    }

    /** Room for grouped FFNs on this thread. */
    public FfnBatch ffnBatch(final Arena arena, final FfnShape shape) {
        return backend.ffnBatch(arena, shape, this);
    }

    /** {@link KernelBackend#rmsNorm} for the first {@code rows} rows. */
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int rows) {
        rmsNormTask.x = x;
        rmsNormTask.weight = weight;
        rmsNormTask.epsilon = epsilon;
        rmsNormTask.y = y;
        run(rmsNormTask, rows, NORM_COST * x.columns());
    }

    /** {@link KernelBackend#gatedSilu} for the first {@code rows} rows. */
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int rows) {
        gatedSiluTask.gateUp = gateUp;
        gatedSiluTask.y = y;
        run(gatedSiluTask, rows, SILU_COST * y.columns());
    }

    /** {@link KernelBackend#rotate} for the first {@code rows} rows. */
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int rows) {
        rotateTask.x = x;
        rotateTask.firstColumn = firstColumn;
        rotateTask.table = table;
        rotateTask.positions = positions;
        rotateTask.y = y;
        run(rotateTask, rows, ROTATE_COST * y.columns());
    }

    /** {@link KernelBackend#round} for the first {@code rows} rows. */
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int rows) {
        roundTask.x = x;
        roundTask.firstColumn = firstColumn;
        roundTask.y = y;
        run(roundTask, rows, y.columns());
    }

    /** {@link KernelBackend#attend} for all rows of the batch. */
    public void attend(final AttentionBatch batch) {
        attendTask.batch = batch;
        run(attendTask, batch.rows() * batch.pages().kvHeads(), attendCost(batch));
    }

    /** {@link KernelBackend#combine} for the first {@code rows} rows. */
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int rows) {
        combineTask.slotRows = slotRows;
        combineTask.weights = weights;
        combineTask.slots = slots;
        combineTask.residual = residual;
        run(combineTask, rows, (long)slots * residual.columns());
    }

    /** {@link KernelBackend#add} for the first {@code rows} rows. */
    public void add(final RowBuffer x, final RowBuffer residual, final int rows) {
        addTask.x = x;
        addTask.residual = residual;
        run(addTask, rows, residual.columns());
    }

    private void run(final RangeTask task, final int items, final long itemCost) {
        run(task, items, itemCost, 1);
    }

    private void run(final RangeTask task, final int items, final long itemCost, final int fewest) {
        if (spreads) {
            pool.run(task, items, (int)Math.max(fewest, GRAIN / Math.max(1, itemCost)));
        } else if (items > 0) {
            task.run(0, items);
        }
    }

    private long tileCost(final PackedMatrix weights, final int rows) {
        return (long)backend.tileOutputs() * weights.inputs() * (rows + WEIGHT_COST);
    }

    /** The mean over the rows: queries and values of every visible key. */
    private static long attendCost(final AttentionBatch batch) {
        long visible = 0;
        for (int row = 0; row < batch.rows(); row++) {
            visible += batch.position(row) - batch.firstVisible(row) + 1;
        }
        return 2 * visible / Math.max(1, batch.rows()) * batch.groupSize() * batch.pages().headDim();
    }

    /** Never so many that a thread would get none, or be left asleep. */
    private int fewestTiles(final PackedMatrix weights) {
        final int portions = Math.max(WorkerPool.WAKING_GRAINS, pool.threads());
        return weights instanceof Int8Matrix ? Math.clamp(tiles(weights) / portions, 1, CODED_TILES) : 1;
    }

    private int tiles(final PackedMatrix weights) {
        return (weights.outputs() + backend.tileOutputs() - 1) / backend.tileOutputs();
    }

    private final class MatmulTask implements RangeTask {
        private PackedMatrix weights;
        private RowBuffer x;
        private RowBuffer y;
        private int rows;

        @Override
        public void run(final int from, final int to) {
            backend.matmul(weights, x, y, 0, rows, from, to);
        }
    }

    private final class GroupedMatmulTask implements RangeTask {
        private PackedMatrix[] weights;
        private int[] offsets;
        private RowBuffer x;
        private RowBuffer y;
        private int tiles;
        private int fewestTiles;
        private long itemCost;

        void start(final PackedMatrix[] groupWeights, final int[] groupOffsets, final int groups,
            final RowBuffer input, final RowBuffer output) {
            weights = groupWeights;
            offsets = groupOffsets;
            x = input;
            y = output;
            tiles = 0;
            fewestTiles = 1;
            itemCost = 0;
            for (int group = 0; group < groups; group++) {
                final int rows = offsets[group + 1] - offsets[group];
                if (rows > 0) {
                    tiles = tiles(weights[group]);
                    fewestTiles = fewestTiles(weights[group]);
                    itemCost += tileCost(weights[group], rows);
                }
            }
            itemCost /= Math.max(1, groups);
        }

        @Override
        public void run(final int from, final int to) {
            int item = from;
            while (item < to) {
                final int group = item / tiles;
                final int end = Math.min(to, (group + 1) * tiles);
                if (offsets[group] < offsets[group + 1]) {
                    backend.matmul(weights[group], x, y, offsets[group], offsets[group + 1],
                        item - group * tiles, end - group * tiles);
                }
                item = end;
            }
        }
    }

    private final class RmsNormTask implements RangeTask {
        private RowBuffer x;
        private MemorySegment weight;
        private float epsilon;
        private RowBuffer y;

        @Override
        public void run(final int from, final int to) {
            backend.rmsNorm(x, weight, epsilon, y, from, to);
        }
    }

    private final class GatedSiluTask implements RangeTask {
        private RowBuffer gateUp;
        private RowBuffer y;

        @Override
        public void run(final int from, final int to) {
            backend.gatedSilu(gateUp, y, from, to);
        }
    }

    private final class RotateTask implements RangeTask {
        private RowBuffer x;
        private int firstColumn;
        private RotaryTable table;
        private int[] positions;
        private RowBuffer y;

        @Override
        public void run(final int from, final int to) {
            backend.rotate(x, firstColumn, table, positions, y, from, to);
        }
    }

    private final class RoundTask implements RangeTask {
        private RowBuffer x;
        private int firstColumn;
        private RowBuffer y;

        @Override
        public void run(final int from, final int to) {
            backend.round(x, firstColumn, y, from, to);
        }
    }

    private final class AttendTask implements RangeTask {
        private AttentionBatch batch;

        @Override
        public void run(final int from, final int to) {
            backend.attend(batch, from, to);
        }
    }

    private final class CombineTask implements RangeTask {
        private RowBuffer slotRows;
        private float[] weights;
        private int slots;
        private RowBuffer residual;

        @Override
        public void run(final int from, final int to) {
            backend.combine(slotRows, weights, slots, residual, from, to);
        }
    }

    private final class AddTask implements RangeTask {
        private RowBuffer x;
        private RowBuffer residual;

        @Override
        public void run(final int from, final int to) {
            backend.add(x, residual, from, to);
        }
    }
}
