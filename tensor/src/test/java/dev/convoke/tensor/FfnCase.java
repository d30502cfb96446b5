package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Experts, rows, and which row goes through which expert: some rows through several, some scaled, some experts without
 * rows. The rows of the shape are assignments, sorted by expert.
 */
public final class FfnCase {
    private final FfnShape shape;
    private final List<Tensor[]> experts = new ArrayList<>();
    private final RowBuffer source;
    private final int[] expert;
    private final int[] sourceRow;
    private final float[] scale;
    private int layer;

    /** Draws everything; every matrix is stored in a type of its own. */
    public FfnCase(final Arena arena, final FfnShape shape, final SplittableRandom random) {
        this(arena, shape, random, List.of());
    }

    /**
     * Draws everything.
     *
     * @param stored the types of experts, all matrices of one alike
     */
    public FfnCase(final Arena arena, final FfnShape shape, final SplittableRandom random, final List<DType> stored) {
        this.shape = shape;
        for (int i = 0; i < shape.groups(); i++) {
            final List<DType> types = stored.isEmpty() ? stored : List.of(Rows.oneOf(random, stored));
            experts.add(new Tensor[] {
                matrix(arena, shape.width(), shape.hidden(), random, types),
                matrix(arena, shape.width(), shape.hidden(), random, types),
                matrix(arena, shape.hidden(), shape.width(), random, types)});
        }
        source = Rows.random(arena, shape.dtype(), 1 + shape.rows() / 2, shape.hidden(), random);
        expert = random.ints(shape.rows(), 0, shape.groups()).sorted().toArray();
        sourceRow = random.ints(shape.rows(), 0, source.capacity()).toArray();
        scale = new float[shape.rows()];
        final boolean scaled = random.nextInt(3) == 0;
        for (int i = 0; i < scale.length; i++) {
            scale[i] = scaled && random.nextBoolean() ? Rows.number(random) : Float.NaN;
        }
    }

    /** The same as a layer that batches are told; 0 unless set. */
    public FfnCase inLayer(final int number) {
        layer = number;
        return this;
    }

    private static Tensor matrix(final Arena arena, final int outputs, final int inputs,
        final SplittableRandom random, final List<DType> types) {
        return Rows.weights(arena, Rows.oneOf(random, types.isEmpty() ? Rows.stored(inputs) : types), outputs, inputs,
            random);
    }

    /** The experts as a backend holds them. */
    public List<PackedFfn> pack(final KernelBackend backend, final Arena arena) {
        return experts.stream()
            .map(part -> backend.packFfn(arena, shape.dtype(), part[0], part[1], part[2],
                Throttle.NONE)).toList();
    }

    /** What the scalar kernels make of it, one row at a time. */
    public RowBuffer expected(final Arena arena) {
        final KernelBackend scalar = new ScalarBackend();
        final int width = shape.width();
        final RowBuffer x = new RowBuffer(arena, shape.dtype(), 1, shape.hidden());
        final RowBuffer gateUp = new RowBuffer(arena, DType.F32, 1, 2 * width);
        final RowBuffer activation = new RowBuffer(arena, shape.dtype(), 1, width);
        final RowBuffer y = new RowBuffer(arena, shape.dtype(), 1, shape.hidden());
        final RowBuffer all = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden());
        final PackedMatrix[][] packed = new PackedMatrix[experts.size()][];
        for (int row = 0; row < shape.rows(); row++) {
            final Tensor[] part = experts.get(expert[row]);
            if (packed[expert[row]] == null) {
                packed[expert[row]] = new PackedMatrix[] {
                    scalar.pack(arena, shape.dtype(), Arrays.asList(part[0], part[1])),
                    scalar.pack(arena, shape.dtype(), List.of(part[2]))};
            }
            for (int column = 0; column < shape.hidden(); column++) {
                final float value = source.get(sourceRow[row], column);
                x.set(0, column, Float.isNaN(scale[row]) ? value : value * scale[row]);
            }
            scalar.matmul(packed[expert[row]][0], x, gateUp, 0, 1, 0, 2 * width);
            scalar.gatedSilu(gateUp, activation, 0, 1);
            scalar.matmul(packed[expert[row]][1], activation, y, 0, 1, 0, shape.hidden());
            for (int column = 0; column < shape.hidden(); column++) {
                all.set(row, column, y.get(0, column));
            }
        }
        return all;
    }

    /** What a batch makes of it. */
    public RowBuffer run(final FfnBatch batch, final List<PackedFfn> weights, final Arena arena) {
        start(batch, weights);
        return await(batch, arena);
    }

    /** Has a batch begin with all rows. */
    public void start(final FfnBatch batch, final List<PackedFfn> weights) {
        start(batch, weights, 0, shape.rows());
    }

    /** What the batch has made of all rows. */
    public RowBuffer await(final FfnBatch batch, final Arena arena) {
        final RowBuffer all = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden());
        Rows.poison(all);
        await(batch, 0, shape.rows(), all);
        return all;
    }

    /** What a batch makes of some of the rows. */
    public void run(final FfnBatch batch, final List<PackedFfn> weights, final int from, final int to,
        final RowBuffer all) {
        start(batch, weights, from, to);
        await(batch, from, to, all);
    }

    private void start(final FfnBatch batch, final List<PackedFfn> weights, final int from, final int to) {
        batch.clear(layer, source);
        for (int row = from; row < to; row++) {
            if (row == from || expert[row] != expert[row - 1]) {
                batch.addGroup(weights.get(expert[row]));
            }
            batch.addRow(sourceRow[row], scale[row]);
        }
        Rows.poison(batch.output());
        batch.start();
    }

    private void await(final FfnBatch batch, final int from, final int to, final RowBuffer all) {
        while (!batch.isDone()) {
            Thread.onSpinWait();
        }
        take(batch, from, to, all);
    }

    /** What a batch that began with one of the rows has made of those before another. */
    public void take(final FfnBatch batch, final int from, final int to, final RowBuffer all) {
        for (int row = from; row < to; row++) {
            for (int column = 0; column < shape.hidden(); column++) {
                all.set(row, column, batch.output().get(batch.outputRow(row - from), column));
            }
        }
    }
}
