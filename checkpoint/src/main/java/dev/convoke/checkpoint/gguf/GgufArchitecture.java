package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.Limits;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.ModelTraits;
import dev.convoke.checkpoint.RotaryConfiguration;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What {@code general.architecture} can be, and what it is called elsewhere. Metadata keys begin with it.
 */
enum GgufArchitecture {
    /** Llama's layers; with experts it is Mixtral. Its queries and keys are stored for the interleaved rotation. */
    LLAMA("llama", "mixtral", true, "block_sparse_moe.gate", ModelTraits.MIXTRAL),
    /** OLMoE. */
    OLMOE("olmoe", "olmoe", false, "mlp.gate", new ModelTraits(true, Float.POSITIVE_INFINITY, false));

    private static final double MAX_THETA = 1e12;
    private static final double MAX_FACTOR = 1e6;
    private static final double MAX_LIMIT = 1e6;
    private static final double DEFAULT_THETA = 10_000;

    private final String key;
    private final String modelType;
    private final boolean interleaved;
    private final String routerName;
    private final ModelTraits traits;

    GgufArchitecture(final String key, final String modelType, final boolean interleaved, final String routerName,
        final ModelTraits traits) {
        this.key = key;
        this.modelType = modelType;
        this.interleaved = interleaved;
        this.routerName = routerName;
        this.traits = traits;
    }

    /** The architecture a file names. */
    static GgufArchitecture of(final GgufMetadata metadata) {
        final String name = metadata.requiredText("general.architecture");
        return Arrays.stream(values()).filter(architecture -> architecture.key.equals(name)).findFirst()
            .orElseThrow(() -> metadata.error("general.architecture", "is '" + name + "', which is not supported; "
                + "Convoke serves GGUF files of " + Arrays.stream(values()).map(known -> known.key)
                    .collect(Collectors.joining(", ")) + "."));
    }

    /**
     * The architecture under which a model can be written; an error says what about the model GGUF has no key for.
     *
     * @param file of the model, for the message
     */
    static GgufArchitecture of(final Path file, final ModelConfiguration model) {
        final GgufArchitecture architecture = Arrays.stream(values())
            .filter(known -> known.modelType.equals(model.modelType())).findFirst()
            .orElseThrow(() -> new CheckpointException(file + ": models of type '" + model.modelType()
                + "' have no architecture in GGUF that is known here; known are those of "
                + Arrays.stream(values()).map(known -> known.modelType).collect(Collectors.joining(", ")) + "."));
        if (!architecture.traitsWith(model.traits().queryKeyValueLimit()).equals(model.traits())) {
            throw new CheckpointException(file + ": GGUF's architecture '" + architecture.key + "' always has "
                + architecture.traits + ", but this model has " + model.traits() + ", so it cannot be written.");
        }
        return architecture;
    }

    /** As {@code general.architecture} and in front of keys. */
    String key() {
        return key;
    }

    private ModelTraits traitsWith(final float queryKeyValueLimit) {
        return new ModelTraits(traits.queryKeyNorm(), queryKeyValueLimit, traits.renormalisedWeights());
    }

    /** Whether the halves of a query's or key's head lie interleaved, row by row. */
    boolean interleaved() {
        return interleaved;
    }

    /** The name of a layer's router in Hugging Face layout, without its {@code .weight}. */
    String routerName() {
        return routerName;
    }

    /**
     * Reads and checks every key that matters; errors name file and key.
     *
     * @param vocabularySize rows of the embedding
     * @param tied           whether there is no head of its own
     */
    ModelConfiguration configuration(final GgufMetadata metadata, final int vocabularySize, final boolean tied) {
        final int experts = metadata.integer(key + ".expert_count", 1, Limits.EXPERTS);
        final int topK = metadata.integer(key + ".expert_used_count", 1, Limits.TOP_K);
        if (topK > experts) {
            throw metadata.error(key + ".expert_used_count", "is " + topK + ", but there are only " + experts
                + " experts ('" + key + ".expert_count').");
        }
        final int hiddenSize = metadata.integer(key + ".embedding_length", 1, Limits.WIDTH);
        final int heads = metadata.integer(key + ".attention.head_count", 1, Limits.HEADS);
        final int kvHeads = metadata.optionalInteger(key + ".attention.head_count_kv", 1, Limits.HEADS).orElse(heads);
        if (heads % kvHeads != 0) {
            throw metadata.error(key + ".attention.head_count_kv", "is " + kvHeads + ", which does not divide the "
                + heads + " heads of '" + key + ".attention.head_count'.");
        }
        return new ModelConfiguration(modelType, vocabularySize, hiddenSize,
            metadata.integer(key + ".block_count", 1, Limits.LAYERS), heads, kvHeads,
            headDim(metadata, hiddenSize, heads), expertWidth(metadata), experts, topK, normEpsilon(metadata),
            metadata.optionalInteger(key + ".attention.sliding_window", 0, Limits.POSITIONS).orElse(0),
            metadata.integer(key + ".context_length", 1, Limits.POSITIONS), tied, rotary(metadata),
            traitsWith(metadata.optionalPositive(key + ".attention.clamp_kqv", MAX_LIMIT)
                .map(Double::floatValue).orElse(Float.POSITIVE_INFINITY)));
    }

    private int expertWidth(final GgufMetadata metadata) {
        return metadata.optionalInteger(key + ".expert_feed_forward_length", 1, Limits.WIDTH)
            .orElseGet(() -> metadata.integer(key + ".feed_forward_length", 1, Limits.WIDTH));
    }

    private int headDim(final GgufMetadata metadata, final int hiddenSize, final int heads) {
        final String headKey = key + ".attention.key_length";
        final int headDim = metadata.optionalInteger(headKey, 2, Limits.HEAD_DIM).orElse(hiddenSize / heads);
        if (headDim < 2 || headDim % 2 != 0 || headDim > Limits.HEAD_DIM) {
            throw metadata.error(headKey, "must be even and at most " + Limits.HEAD_DIM + ", but is " + headDim + ".");
        }
        final int valueDim = metadata.optionalInteger(key + ".attention.value_length", 2, Limits.HEAD_DIM)
            .orElse(headDim);
        final int rotated = metadata.optionalInteger(key + ".rope.dimension_count", 1, Limits.HEAD_DIM)
            .orElse(headDim);
        if (valueDim != headDim || rotated != headDim) {
            throw metadata.error(headKey, "is " + headDim + ", but values have " + valueDim + " elements and " + rotated
                + " are rotated; this architecture is served with equal ones only.");
        }
        return headDim;
    }

    private float normEpsilon(final GgufMetadata metadata) {
        final String epsilonKey = key + ".attention.layer_norm_rms_epsilon";
        final float epsilon = metadata.optionalPositive(epsilonKey, 1).orElse(1e-5).floatValue();
        if (epsilon == 0) {
            throw metadata.error(epsilonKey, "is too small for a 32-bit float.");
        }
        return epsilon;
    }

    private RotaryConfiguration rotary(final GgufMetadata metadata) {
        final double theta = metadata.optionalPositive(key + ".rope.freq_base", MAX_THETA).orElse(DEFAULT_THETA);
        final String scaling = metadata.text(key + ".rope.scaling.type").orElse("none");
        return switch (scaling) {
            case "none" -> new RotaryConfiguration("default", theta, 1);
            case "linear" -> new RotaryConfiguration("linear", theta,
                metadata.optionalPositive(key + ".rope.scaling.factor", MAX_FACTOR).orElse(1.0));
            default -> throw metadata.error(key + ".rope.scaling.type", "is '" + scaling
                + "', which is not supported; Convoke serves none and linear.");
        };
    }
}
