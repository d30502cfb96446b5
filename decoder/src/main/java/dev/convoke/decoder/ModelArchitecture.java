package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.Named;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NearestName;
import java.util.Map;

/** One model family; its name is the {@code model_type} that its checkpoints carry. Found through a services file. */
public interface ModelArchitecture extends Named {
    /** The family of a checkpoint; a {@link CheckpointException} lists the known ones if it is none of them. */
    static ModelArchitecture of(final Checkpoint checkpoint) {
        final String modelType = checkpoint.configuration().modelType();
        final Map<String, ModelArchitecture> known = NamedServices.all(ModelArchitecture.class);
        final ModelArchitecture architecture = known.get(modelType);
        if (architecture == null) {
            throw new CheckpointException(checkpoint.path() + " is a model of type '" + modelType
                + "', which cannot be served; known are " + String.join(", ", known.keySet())
                + NearestName.hint(modelType, known.keySet()) + ".");
        }
        return architecture;
    }

    /**
     * Reads the weights that a decoder holds: everything but the experts.
     *
     * @throws CheckpointException naming file and tensor if something is missing or damaged
     */
    DecoderModel load(ModelParts parts);

    /** The gate that its experts were trained with, by name. */
    default String gate(final ModelConfiguration model) {
        return model.traits().renormalisedWeights() ? "softmax-top-k" : "top-k-of-softmax";
    }

    /**
     * What {@link #load} packs, in bytes, padding aside: matrices in the operand type, vectors in f32.
     *
     * @param operand F32 or BF16
     */
    long weightBytes(ModelConfiguration model, DType operand);
}
