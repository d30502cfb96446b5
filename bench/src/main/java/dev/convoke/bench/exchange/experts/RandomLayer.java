package dev.convoke.bench.exchange.experts;

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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A checkpoint of one layer of experts. All have the same random weights, made once: backends pack each anew, so they
 * lie apart where they are read.
 */
public final class RandomLayer implements Checkpoint {
    /** Of a bf16: its sign and mantissa, so that any bits are a number of some usual size. */
    private static final long RANDOM_BITS = 0x807F_807F_807F_807FL;
    private static final long EXPONENT_OF_A_64TH = 0x3C80_3C80_3C80_3C80L;

    private final Arena arena = Arena.ofShared();
    private final ExpertLayer layer;
    private final ExpertTensors tensors;

    /** Draws the weights: bf16 numbers of magnitude 1/64 to 1/32. */
    public RandomLayer(final ExpertLayer layer) {
        this.layer = layer;
        final SplittableRandom random = new SplittableRandom(layer.hashCode());
        tensors = new ExpertTensors(matrix("gate", layer.width(), layer.hidden(), random),
            matrix("up", layer.width(), layer.hidden(), random), matrix("down", layer.hidden(), layer.width(), random));
    }

    private Tensor matrix(final String name, final int outputs, final int inputs, final SplittableRandom random) {
        final long bytes = (long)outputs * inputs * Short.BYTES;
        final MemorySegment memory = arena.allocate((bytes + Long.BYTES - 1) & -Long.BYTES, Long.BYTES);
        for (long i = 0; i < memory.byteSize(); i += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG, i, random.nextLong() & RANDOM_BITS | EXPONENT_OF_A_64TH);
        }
        return new Tensor(name, DType.BF16, new long[] {outputs, inputs}, memory.asSlice(0, bytes));
    }

    @Override
    public Path path() {
        return Path.of(layer.name());
    }

    @Override
    public ModelConfiguration configuration() {
        return new ModelConfiguration("random", 1, layer.hidden(), 1, 1, 1, 2, layer.width(), layer.experts(),
            layer.topK(), 1e-5f, 0, 1, false, new RotaryConfiguration("default", 10_000, 1));
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
        throw new UnsupportedOperationException(name);
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        return tensors;
    }

    @Override
    public Path fileOf(final String name) {
        return path();
    }

    @Override
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(layer.hashCode());
    }

    @Override
    public void close() {
        arena.close();
    }
}
