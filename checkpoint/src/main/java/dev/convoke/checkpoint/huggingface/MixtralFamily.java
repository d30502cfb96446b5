package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.Limits;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ExpertId;

/** Mixtral, {@code MixtralForCausalLM}. */
final class MixtralFamily implements ModelFamily {
    private static final double DEFAULT_THETA = 1_000_000.0;
    private static final double DEFAULT_NORM_EPSILON = 1e-5;

    @Override
    public String modelType() {
        return "mixtral";
    }

    @Override
    public ModelConfiguration configuration(final JsonFields config) {
        final SharedKeys shared = new SharedKeys(config);
        shared.refuseWhatChangesTheModel();
        final int experts = config.integer("num_local_experts", 1, Limits.EXPERTS);
        final int topK = shared.topK(experts, "num_local_experts");
        final int hiddenSize = shared.hiddenSize();
        final int heads = shared.heads();
        return new ModelConfiguration(modelType(), shared.vocabularySize(), hiddenSize, shared.layers(), heads,
            shared.kvHeads(heads), shared.headDim(hiddenSize, heads),
            config.integer("intermediate_size", 1, Limits.WIDTH), experts, topK,
            shared.normEpsilon(DEFAULT_NORM_EPSILON), shared.slidingWindow(), shared.maxPositions(),
            config.flag("tie_word_embeddings").orElse(false), RotaryKeys.read(config, DEFAULT_THETA));
    }

    @Override
    public String gateTensor(final ExpertId expert) {
        return name(expert, "w1");
    }

    @Override
    public String upTensor(final ExpertId expert) {
        return name(expert, "w3");
    }

    @Override
    public String downTensor(final ExpertId expert) {
        return name(expert, "w2");
    }

    private static String name(final ExpertId expert, final String matrix) {
        return "model.layers." + expert.layer() + ".block_sparse_moe.experts." + expert.index() + '.' + matrix
            + ".weight";
    }
}
