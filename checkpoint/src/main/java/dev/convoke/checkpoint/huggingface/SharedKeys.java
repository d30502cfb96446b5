package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.Limits;
import java.util.Arrays;

/** The keys of config.json that most families write alike. */
final class SharedKeys {
    private final JsonFields config;

    SharedKeys(final JsonFields config) {
        this.config = config;
    }

    /** Settings under which the same tensors would mean another computation. */
    void refuseWhatChangesTheModel() {
        final String activation = config.text("hidden_act").orElse("silu");
        if (!activation.equals("silu")) {
            throw config.error("hidden_act", "is '" + activation + "'; this family is served with silu only.");
        }
        config.object("quantization_config").ifPresent(this::requireBlockScales);
    }

    private void requireBlockScales(final JsonFields quantization) {
        final String method = quantization.text("quant_method").orElse("unnamed");
        final int[] block = quantization.integers("weight_block_size", 1, Limits.WIDTH);
        final boolean isKnown = method.equals("fp8") && quantization.text("fmt").orElse("e4m3").equals("e4m3")
            && Arrays.equals(block, new int[] {BlockScaledMatrix.EXTENT, BlockScaledMatrix.EXTENT});
        if (!isKnown) {
            throw new CheckpointException(config.file() + ": the weights are quantised (quantization_config, method '"
                + method + "'" + (block.length == 0 ? "" : ", blocks of " + Arrays.toString(block)) + "); Convoke "
                + "reads F32, F16, BF16, and fp8 (e4m3) in blocks of [128, 128], so use the unquantised model or one "
                + "of these.");
        }
    }

    int vocabularySize() {
        return config.integer("vocab_size", 1, Limits.VOCABULARY);
    }

    int hiddenSize() {
        return config.integer("hidden_size", 1, Limits.WIDTH);
    }

    int layers() {
        return config.integer("num_hidden_layers", 1, Limits.LAYERS);
    }

    /**
     * Experts chosen for a row.
     *
     * @param experts that there are
     * @param key     which says so
     */
    int topK(final int experts, final String key) {
        final int topK = config.integer("num_experts_per_tok", 1, Limits.TOP_K);
        if (topK > experts) {
            throw config.error("num_experts_per_tok",
                "is " + topK + ", but there are only " + experts + " experts ('" + key + "').");
        }
        return topK;
    }

    int heads() {
        return config.integer("num_attention_heads", 1, Limits.HEADS);
    }

    /** As many as query heads where absent. */
    int kvHeads(final int heads) {
        final int kvHeads = config.optionalInteger("num_key_value_heads", 1, Limits.HEADS).orElse(heads);
        if (heads % kvHeads != 0) {
            throw config.error("num_key_value_heads", "is " + kvHeads + ", which does not divide the " + heads
                + " heads of 'num_attention_heads'.");
        }
        return kvHeads;
    }

    /** Even, since rotary embedding turns pairs; hidden size / heads where absent. */
    int headDim(final int hiddenSize, final int heads) {
        final boolean given = config.has("head_dim");
        if (!given && hiddenSize % heads != 0) {
            throw config.error("head_dim", "is missing, and 'hidden_size' " + hiddenSize
                + " is no multiple of the " + heads + " heads; add it.");
        }
        final int headDim = given ? config.integer("head_dim", 2, Limits.HEAD_DIM) : hiddenSize / heads;
        if (headDim % 2 != 0 || headDim > Limits.HEAD_DIM) {
            throw config.error("head_dim", "must be even and at most " + Limits.HEAD_DIM + ", but is " + headDim
                + (given ? "." : " by 'hidden_size' / 'num_attention_heads'."));
        }
        return headDim;
    }

    float normEpsilon(final double fallback) {
        final float epsilon = config.optionalPositive("rms_norm_eps", 1).orElse(fallback).floatValue();
        if (epsilon == 0) {
            throw config.error("rms_norm_eps", "is too small for a 32-bit float.");
        }
        return epsilon;
    }

    /** 0, all keys, where absent. */
    int slidingWindow() {
        return config.optionalInteger("sliding_window", 1, Limits.POSITIONS).orElse(0);
    }

    int maxPositions() {
        return config.integer("max_position_embeddings", 1, Limits.POSITIONS);
    }
}
