package dev.convoke.decoder.mixtral;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.decoder.ModelWeights;
import dev.convoke.tensor.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The weights of one layer, without its experts.
 *
 * @param attentionNorm   [hidden] f32
 * @param queryKeyValue   [(heads + 2 x kvHeads) x headDim, hidden]: queries, then keys, then values
 * @param queryNorm       [heads x headDim] f32; null where queries are not normed
 * @param keyNorm         [kvHeads x headDim] f32; null where keys are not normed
 * @param attentionOutput [hidden, heads x headDim]
 * @param expertNorm      [hidden] f32
 * @param router          [experts, hidden]
 */
record MixtralLayer(MemorySegment attentionNorm, PackedMatrix queryKeyValue, MemorySegment queryNorm,
    MemorySegment keyNorm, PackedMatrix attentionOutput, MemorySegment expertNorm, PackedMatrix router) {

    /** Loads a layer whose router has that name within it. */
    static MixtralLayer load(final ModelWeights weights, final int layer, final String routerName) {
        final ModelConfiguration model = weights.configuration();
        final String prefix = "model.layers." + layer + ".";
        final int hidden = model.hiddenSize();
        final int queryWidth = model.heads() * model.headDim();
        final int keyWidth = model.kvHeads() * model.headDim();
        return new MixtralLayer(
            weights.finiteVector(prefix + "input_layernorm.weight", hidden),
            weights.stacked(List.of(
                weights.tensor(prefix + "self_attn.q_proj.weight", queryWidth, hidden),
                weights.tensor(prefix + "self_attn.k_proj.weight", keyWidth, hidden),
                weights.tensor(prefix + "self_attn.v_proj.weight", keyWidth, hidden))),
            model.traits().queryKeyNorm() ? weights.finiteVector(prefix + "self_attn.q_norm.weight", queryWidth) : null,
            model.traits().queryKeyNorm() ? weights.finiteVector(prefix + "self_attn.k_norm.weight", keyWidth) : null,
            weights.matrix(prefix + "self_attn.o_proj.weight", hidden, queryWidth),
            weights.finiteVector(prefix + "post_attention_layernorm.weight", hidden),
            weights.router(prefix + routerName, model.experts(), hidden));
    }

    /** Bytes of what {@link #load} packs, padding aside. */
    static long bytes(final ModelConfiguration model, final DType operand) {
        final long queryWidth = (long)model.heads() * model.headDim();
        final long keyWidth = (long)model.kvHeads() * model.headDim();
        final long matrixRows = 2 * queryWidth + 2 * keyWidth + model.experts();
        final long normed = model.traits().queryKeyNorm() ? queryWidth + keyWidth : 0;
        return model.hiddenSize() * (matrixRows * operand.bytes() + 2L * Float.BYTES) + normed * Float.BYTES;
    }
}
