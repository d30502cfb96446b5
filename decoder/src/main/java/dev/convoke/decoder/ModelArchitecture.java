package dev.convoke.decoder;

import dev.convoke.core.Named;

/** One model family; its name is the {@code model_type} that its checkpoints carry. Found through a services file. */
public interface ModelArchitecture extends Named {
    /**
     * Reads the weights that a decoder holds: everything but the experts.
     *
     * @throws dev.convoke.checkpoint.CheckpointException naming file and tensor if something is missing or damaged
     */
    DecoderModel load(ModelParts parts);
}
