package dev.convoke.server.cli;

import dev.convoke.checkpoint.ModelConfiguration;

/** Counts the parameters of a Mixtral-shaped model from its configuration. */
final class ModelSizes {
    private static final int MATRICES_OF_EXPERT = 3;

    private ModelSizes() {
    }

    /** Everything in the checkpoint. */
    static long parameters(final ModelConfiguration model) {
        return dense(model) + (long)model.layers() * model.experts() * expertParameters(model);
    }

    /** What one token is multiplied with. */
    static long activeParameters(final ModelConfiguration model) {
        return dense(model) + (long)model.layers() * model.topK() * expertParameters(model);
    }

    /** Gate, up and down. */
    static long expertParameters(final ModelConfiguration model) {
        return (long)MATRICES_OF_EXPERT * model.hiddenSize() * model.expertWidth();
    }

    /** Keys and values of all layers. */
    static long kvElementsPerToken(final ModelConfiguration model) {
        return 2L * model.layers() * model.kvHeads() * model.headDim();
    }

    /** Everything but the experts. */
    static long dense(final ModelConfiguration model) {
        final long hidden = model.hiddenSize();
        final long embeddings = (model.tiedEmbeddings() ? 1 : 2) * model.vocabularySize() * hidden;
        final long attention = 2 * hidden * model.headDim() * (model.heads() + model.kvHeads());
        final long layer = attention + hidden * model.experts() + 2 * hidden;
        return embeddings + model.layers() * layer + hidden;
    }
}
