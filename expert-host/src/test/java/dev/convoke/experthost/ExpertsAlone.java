package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.nio.file.Path;

/** A checkpoint in memory that has experts and fails the test when asked for anything else. */
abstract class ExpertsAlone implements Checkpoint {
    private final String name;
    private final ModelConfiguration configuration;

    ExpertsAlone(final String name, final int hidden, final int layers, final int width, final int experts) {
        this.name = name;
        this.configuration = new ModelConfiguration(name, 8, hidden, layers, 2, 1, 16, width, experts, 2, 1e-5f, 0, 64,
            false, new RotaryConfiguration("default", 10_000, 1));
    }

    @Override
    public Path path() {
        return Path.of(name);
    }

    @Override
    public ModelConfiguration configuration() {
        return configuration;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return GenerationDefaults.NONE;
    }

    @Override
    public boolean contains(final String tensor) {
        return false;
    }

    @Override
    public Tensor tensor(final String tensor, final long... shape) {
        throw new AssertionError("an expert host reads experts alone, not " + tensor);
    }

    @Override
    public Path fileOf(final String tensor) {
        return path().resolve("model.safetensors");
    }

    @Override
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(0x5EED_F00DL);
    }

    @Override
    public void close() {
    }
}
