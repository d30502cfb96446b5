package dev.convoke.experthost;

import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A checkpoint in memory with random f32 expert weights, which remembers whose were asked for. Odd sizes. */
final class RandomModel extends ExpertsAlone {
    static final int LAYERS = 3;
    static final int EXPERTS = 6;
    static final int HIDDEN = 72;
    static final int WIDTH = 40;

    final List<ExpertId> asked = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final Map<ExpertId, ExpertTensors> tensors = new HashMap<>();

    RandomModel(final long seed) {
        super("random-model", HIDDEN, LAYERS, WIDTH, EXPERTS);
        final SplittableRandom random = new SplittableRandom(seed);
        for (final ExpertId expert : allExperts()) {
            tensors.put(expert, new ExpertTensors(
                matrix(random, expert + " gate", WIDTH, HIDDEN),
                matrix(random, expert + " up", WIDTH, HIDDEN),
                matrix(random, expert + " down", HIDDEN, WIDTH)));
        }
    }

    static List<ExpertId> allExperts() {
        final List<ExpertId> all = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            for (int expert = 0; expert < EXPERTS; expert++) {
                all.add(new ExpertId(layer, expert));
            }
        }
        return all;
    }

    private Tensor matrix(final SplittableRandom random, final String name, final int rows, final int columns) {
        final MemorySegment segment = arena.allocate((long)rows * columns * Float.BYTES);
        for (int i = 0; i < rows * columns; i++) {
            ElementAccess.write(segment, DType.F32, i, (float)random.nextDouble(-0.5, 0.5));
        }
        return new Tensor(name, DType.F32, new long[] {rows, columns}, segment);
    }

    /** For tests of damaged weights. */
    void overwrite(final Tensor tensor, final long element, final float value) {
        ElementAccess.write(tensor.segment(), DType.F32, element, value);
    }

    /** Without being remembered. */
    ExpertTensors tensorsOf(final ExpertId expert) {
        return tensors.get(expert);
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        asked.add(expert);
        return tensors.get(expert);
    }

    @Override
    public void close() {
        arena.close();
    }
}
