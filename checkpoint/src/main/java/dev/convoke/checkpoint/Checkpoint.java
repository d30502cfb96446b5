package dev.convoke.checkpoint;

import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.nio.file.Path;

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

    /** The file that holds a tensor, for messages. */
    Path fileOf(String name);

    /** Identity of the model, the same for every process that opens the same files. */
    ModelFingerprint fingerprint();

    @Override
    void close();
}
