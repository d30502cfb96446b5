package dev.convoke.bench.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The tensors of a shape, in the order in which they are written. */
final class TensorList {
    /**
     * One tensor.
     *
     * @param name   in the checkpoint
     * @param random or all ones
     * @param shape  rows first
     */
    record Entry(String name, boolean random, List<Integer> shape) {
        long elements() {
            return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        }
    }

    private final Shape shape;
    private final List<Entry> entries = new ArrayList<>();

    private TensorList(final Shape shape) {
        this.shape = shape;
    }

    static List<Entry> of(final Shape shape) {
        final TensorList list = new TensorList(shape);
        list.random("model.embed_tokens", shape.vocabulary(), shape.hidden());
        for (int layer = 0; layer < shape.layers(); layer++) {
            list.layer("model.layers." + layer + ".");
        }
        list.ones("model.norm", shape.hidden());
        list.random("lm_head", shape.vocabulary(), shape.hidden());
        return list.entries;
    }

    private void layer(final String layer) {
        final int queries = shape.heads() * shape.headDim();
        final int keys = shape.kvHeads() * shape.headDim();
        ones(layer + "input_layernorm", shape.hidden());
        ones(layer + "post_attention_layernorm", shape.hidden());
        random(layer + "self_attn.q_proj", queries, shape.hidden());
        random(layer + "self_attn.k_proj", keys, shape.hidden());
        random(layer + "self_attn.v_proj", keys, shape.hidden());
        random(layer + "self_attn.o_proj", shape.hidden(), queries);
        if (shape.family() == Shape.Family.OLMOE) {
            ones(layer + "self_attn.q_norm", queries);
            ones(layer + "self_attn.k_norm", keys);
        }
        final boolean mixtral = shape.family() == Shape.Family.MIXTRAL;
        final String moe = layer + (mixtral ? "block_sparse_moe." : "mlp.");
        random(moe + "gate", shape.experts(), shape.hidden());
        for (int expert = 0; expert < shape.experts(); expert++) {
            final String name = moe + "experts." + expert + ".";
            random(name + (mixtral ? "w1" : "gate_proj"), shape.width(), shape.hidden());
            random(name + (mixtral ? "w3" : "up_proj"), shape.width(), shape.hidden());
            random(name + (mixtral ? "w2" : "down_proj"), shape.hidden(), shape.width());
        }
    }

    private void random(final String name, final Integer... dimensions) {
        entries.add(new Entry(name + ".weight", true, Arrays.asList(dimensions)));
    }

    private void ones(final String name, final Integer... dimensions) {
        entries.add(new Entry(name + ".weight", false, Arrays.asList(dimensions)));
    }
}
