package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A fixed piece of work that passes through every kernel in every precision, the same for one seed. Runs again and
 * again without allocating.
 */
public final class KernelSample implements AutoCloseable {
    private static final int ROWS = 9;
    private static final int INPUTS = 192;
    private static final int WIDTH = 96;
    private static final int HEAD_DIM = 48;
    private static final int KV_HEADS = 2;
    private static final int GROUPS = 3;

    private final Arena arena;
    private final WorkerPool pool;
    private final List<Part> parts = new ArrayList<>();

    /** The backend's kernels on that many threads. */
    public KernelSample(final KernelBackend backend, final int threads, final long seed) {
        this(backend, List.of(DType.F32, DType.BF16), threads, seed);
    }

    /** The same in some operand types. */
    public KernelSample(final KernelBackend backend, final List<DType> operands, final int threads, final long seed) {
        arena = backend.newArena();
        pool = new WorkerPool("sample", threads);
        operands.forEach(dtype -> parts.add(new Part(new Kernels(backend, pool), dtype, new SplittableRandom(seed))));
        if (backend.int8Products().isPresent()) {
            parts.add(new Part(new Kernels(new Int8Backend(backend), pool), DType.BF16, new SplittableRandom(seed)));
        }
    }

    /** Computes everything once. */
    public void run() {
        for (int i = 0; i < parts.size(); i++) {
            parts.get(i).run();
        }
    }

    /** Computes everything and tells the bits: one hash for each kernel and operand type. */
    public List<Long> hashes() {
        run();
        return parts.stream().flatMap(part -> part.outputs().stream()).map(Rows::hash).toList();
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
    }

    /** The work in one operand type. */
    private final class Part {
        private final Kernels kernels;
        private final RowBuffer x;
        private final RowBuffer normed;
        private final MemorySegment weight;
        private final PackedMatrix gateUpWeights;
        private final PackedMatrix[] groupWeights = new PackedMatrix[GROUPS];
        private final int[] offsets = {0, 1, 6, ROWS};
        private final RowBuffer gateUp;
        private final RowBuffer gated;
        private final RowBuffer slotRows;
        private final RowBuffer residual;
        private final float[] slotWeights = new float[ROWS / 3 * 3];
        private final RotaryTable table;
        private final int[] positions = {0, 1, 15, 16, 17, 20, 33, 34, 39};
        private final RowBuffer rotated;
        private final RowBuffer rounded;
        private final AttentionBatch attention;

        Part(final Kernels kernels, final DType dtype, final SplittableRandom random) {
            this.kernels = kernels;
            x = Rows.random(arena, DType.F32, ROWS, INPUTS, random);
            normed = new RowBuffer(arena, dtype, ROWS, INPUTS);
            weight = Rows.vector(arena, INPUTS, random);
            gateUpWeights = kernels.backend().pack(arena, dtype,
                List.of(Rows.weights(arena, DType.BF16, WIDTH, INPUTS, random),
                    Rows.weights(arena, DType.F32, WIDTH, INPUTS, random)));
            for (int group = 0; group < GROUPS; group++) {
                groupWeights[group] = kernels.backend().pack(arena, dtype,
                    List.of(Rows.weights(arena, DType.F32, INPUTS, WIDTH, random)));
            }
            gateUp = new RowBuffer(arena, DType.F32, ROWS, 2 * WIDTH);
            gated = new RowBuffer(arena, dtype, ROWS, WIDTH);
            slotRows = new RowBuffer(arena, dtype, ROWS, INPUTS);
            residual = new RowBuffer(arena, DType.F32, ROWS / 3, INPUTS);
            for (int i = 0; i < slotWeights.length; i++) {
                slotWeights[i] = Rows.number(random);
            }
            table = new RotaryTable(arena, 40, RotaryTable.defaultFrequencies(HEAD_DIM, 1e6));
            rotated = new RowBuffer(arena, dtype, ROWS, KV_HEADS * HEAD_DIM);
            rounded = new RowBuffer(arena, dtype, ROWS, KV_HEADS * HEAD_DIM);
            attention = new AttentionCase(arena, new AttentionCase.Shape(dtype, KV_HEADS, 2, HEAD_DIM, 20), positions,
                0, random).batch();
        }

        void run() {
            kernels.rmsNorm(x, weight, 1e-6f, normed, ROWS);
            kernels.matmul(gateUpWeights, normed, gateUp, ROWS);
            kernels.gatedSilu(gateUp, gated, ROWS);
            kernels.groupedMatmul(groupWeights, offsets, GROUPS, gated, slotRows);
            residual.segment().fill((byte)0);
            kernels.combine(slotRows, slotWeights, 3, residual, ROWS / 3);
            kernels.add(x, residual, ROWS / 3);
            kernels.rotate(x, HEAD_DIM, table, positions, rotated, ROWS);
            kernels.round(x, 1, rounded, ROWS);
            kernels.attend(attention);
        }

        List<RowBuffer> outputs() {
            return List.of(normed, gateUp, gated, slotRows, residual, rotated, rounded, attention.outputs());
        }
    }
}
