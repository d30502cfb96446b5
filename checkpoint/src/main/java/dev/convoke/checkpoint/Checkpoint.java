package dev.convoke.checkpoint;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.Precision;
import dev.convoke.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/**
 * A model on disk, memory-mapped: only what is touched is read. Tensors stay valid until {@link #close()}. Thread-safe.
 */
public interface Checkpoint extends AutoCloseable {
    /** Where it lies. */
    Path path();

    /** Sizes and constants. */
    ModelConfiguration configuration();

    /** Sampling and stop defaults. */
    GenerationDefaults generationDefaults();

    /** Whether there is a tensor of that name. */
    boolean contains(String name);

    /**
     * A tensor by name.
     *
     * @param shape what its shape must be; a {@link CheckpointException} names file and tensor when it is not, or when
     *              there is no such tensor
     */
    Tensor tensor(String name, long... shape);

    /** The matrices of one expert; touches nothing of the others. */
    ExpertTensors expert(ExpertId expert);

    /** Types in which gate, up and down of the first expert are stored, which stand for all; needs no weights. */
    default List<DType> expertTypes() {
        return expert(new ExpertId(0, 0)).dtypes();
    }

    /** What it is served in unless somebody chooses: f32 for experts in f32, else bf16. */
    default Precision ownPrecision() {
        return Precision.of(expertTypes().getFirst());
    }

    /** The file that holds a tensor, for messages. */
    Path fileOf(String name);

    /** Identity of the model, the same for every process that opens the same files. */
    ModelFingerprint fingerprint();

    @Override
    void close();
}
