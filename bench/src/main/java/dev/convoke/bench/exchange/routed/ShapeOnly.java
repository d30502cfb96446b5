package dev.convoke.bench.exchange.routed;

import dev.convoke.bench.exchange.ExchangeShape;
import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A checkpoint of one layer that has sizes but no weights to speak of. */
final class ShapeOnly implements Checkpoint {
    private final ExchangeShape shape;
    private final Tensor element = new Tensor("none", DType.F32, new long[] {1, 1}, Arena.ofAuto().allocate(4));

    ShapeOnly(final ExchangeShape shape) {
        this.shape = shape;
    }

    @Override
    public Path path() {
        return Path.of("no-model");
    }

    @Override
    public ModelConfiguration configuration() {
        return new ModelConfiguration("none", 1, shape.hidden(), 1, 1, 1, 2, RowWidth.NARROW, shape.experts(),
            shape.topK(), 1e-5f, 0, 1, false, new RotaryConfiguration("default", 10_000, 1));
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return GenerationDefaults.NONE;
    }

    @Override
    public boolean contains(final String name) {
        return false;
    }

    @Override
    public Tensor tensor(final String name, final long... expected) {
        return element;
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        return new ExpertTensors(element, element, element);
    }

    @Override
    public Path fileOf(final String name) {
        return path();
    }

    @Override
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(shape.hashCode());
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    /** What lies between the two products of an expert; nobody reads it. */
    private static final class RowWidth {
        static final int NARROW = 32;
    }
}
