package dev.convoke.bench.model;

import dev.convoke.checkpoint.ModelConfiguration;

/**
 * What a model's arithmetic takes: matrix products alone, as everything else is small beside them; of attention only
 * the projections. A multiplication and an addition are two operations.
 */
record ModelCosts(ModelConfiguration model) {
    /** Operations of one row through all layers, the head apart. */
    double operationsPerRow() {
        final double hidden = model.hiddenSize();
        final double queries = (double)model.heads() * model.headDim();
        final double keysAndValues = 2.0 * model.kvHeads() * model.headDim();
        final double attention = hidden * (2 * queries + keysAndValues);
        final double router = hidden * model.experts();
        final double experts = 3.0 * model.topK() * hidden * model.expertWidth();
        return 2 * model.layers() * (attention + router + experts);
    }

    /** Operations of the logits of one row. */
    double operationsPerLogitRow() {
        return 2.0 * model.hiddenSize() * model.vocabularySize();
    }
}
