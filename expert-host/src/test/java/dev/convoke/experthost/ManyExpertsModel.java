package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** A checkpoint in memory with more experts than a few frames can list, each of the least size and all zero. */
final class ManyExpertsModel implements Checkpoint {
    private static final int HIDDEN = 4;
    private static final int LAYERS = 80;
    private static final int EXPERTS = 256;

    List<ExpertId> allExperts() {
        return IntStream.range(0, LAYERS * EXPERTS)
            .mapToObj(i -> new ExpertId(i / EXPERTS, i % EXPERTS)).toList();
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        return new ExpertTensors(zeros(1, HIDDEN), zeros(1, HIDDEN), zeros(HIDDEN, 1));
    }

    private static Tensor zeros(final int rows, final int columns) {
        return new Tensor("zeros", DType.BF16, new long[] {rows, columns},
            MemorySegment.ofArray(new byte[rows * columns * Short.BYTES]));
    }

    @Override
    public Path path() {
        return Path.of("many-experts-model");
    }

    @Override
    public ModelConfiguration configuration() {
        return new ModelConfiguration("zeros", 8, HIDDEN, LAYERS, 2, 1, 16, 1, EXPERTS, 2, 1e-5f, 0, 64, false,
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
        return new ModelFingerprint(2);
    }

    @Override
    public void close() {
    }
}
