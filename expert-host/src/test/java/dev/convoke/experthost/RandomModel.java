package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;

/** A checkpoint in memory with random f32 expert weights, which remembers whose were asked for. Odd sizes. */
final class RandomModel implements Checkpoint {
    static final int LAYERS = 3;
    static final int EXPERTS = 6;
    static final int HIDDEN = 72;
    static final int WIDTH = 40;

    final List<ExpertId> asked = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final Map<ExpertId, ExpertTensors> tensors = new HashMap<>();

    RandomModel(final long seed) {
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
    public Path path() {
        return Path.of("random-model");
    }

    @Override
    public ModelConfiguration configuration() {
        return new ModelConfiguration("random", 8, HIDDEN, LAYERS, 2, 1, 16, WIDTH, EXPERTS, 2, 1e-5f, 0, 64, false,
            new RotaryConfiguration("default", 10_000, 1));
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return new GenerationDefaults(OptionalInt.empty(), Set.of(), Optional.empty(), Optional.empty(),
            OptionalInt.empty());
    }

    @Override
    public boolean contains(final String name) {
        return false;
    }

    @Override
    public Tensor tensor(final String name, final long... shape) {
        throw new AssertionError("an expert host reads experts alone, not " + name);
    }

    @Override
    public Path fileOf(final String name) {
        return path().resolve("model.safetensors");
    }

    @Override
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(0x5EED_F00DL);
    }

    @Override
    public void close() {
        arena.close();
    }
}
