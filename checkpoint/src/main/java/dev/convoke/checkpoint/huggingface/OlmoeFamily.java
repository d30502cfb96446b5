package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.Limits;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.ModelTraits;
import dev.convoke.core.ExpertId;

/** OLMoE, {@code OlmoeForCausalLM}. */
final class OlmoeFamily implements ModelFamily {
    private static final double DEFAULT_THETA = 10_000.0;
    private static final double DEFAULT_NORM_EPSILON = 1e-5;
    private static final double MAX_LIMIT = 1e6;

    @Override
    public String modelType() {
        return "olmoe";
    }

    @Override
    public ModelConfiguration configuration(final JsonFields config) {
        final SharedKeys shared = new SharedKeys(config);
        shared.refuseWhatChangesTheModel();
        if (config.flag("attention_bias").orElse(false)) {
            throw config.error("attention_bias", "is true; this family is served without biases only.");
        }
        final int experts = config.integer("num_experts", 1, Limits.EXPERTS);
        final int topK = shared.topK(experts, "num_experts");
        final int hiddenSize = shared.hiddenSize();
        final int heads = shared.heads();
        return new ModelConfiguration(modelType(), shared.vocabularySize(), hiddenSize, shared.layers(), heads,
            shared.kvHeads(heads), shared.headDim(hiddenSize, heads),
            config.integer("intermediate_size", 1, Limits.WIDTH), experts, topK,
            shared.normEpsilon(DEFAULT_NORM_EPSILON), 0, shared.maxPositions(),
            config.flag("tie_word_embeddings").orElse(false), RotaryKeys.read(config, DEFAULT_THETA),
            new ModelTraits(true, config.optionalPositive("clip_qkv", MAX_LIMIT)
                .orElse(Double.POSITIVE_INFINITY).floatValue(), config.flag("norm_topk_prob").orElse(false)));
    }

    @Override
    public String gateTensor(final ExpertId expert) {
        return name(expert, "gate_proj");
    }

    @Override
    public String upTensor(final ExpertId expert) {
        return name(expert, "up_proj");
    }

    @Override
    public String downTensor(final ExpertId expert) {
        return name(expert, "down_proj");
    }

    private static String name(final ExpertId expert, final String matrix) {
        return "model.layers." + expert.layer() + ".mlp.experts." + expert.index() + '.' + matrix + ".weight";
    }
}
