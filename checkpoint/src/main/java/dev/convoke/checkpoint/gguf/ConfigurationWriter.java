package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.ModelConfiguration;

/** Writes a model's sizes and constants under the keys that {@link GgufArchitecture} reads. */
final class ConfigurationWriter {
    private final MetadataWriter to;
    private final String architecture;

    ConfigurationWriter(final MetadataWriter to, final GgufArchitecture architecture) {
        this.to = to;
        this.architecture = architecture.key();
    }

    void write(final ModelConfiguration model) {
        number("context_length", model.maxPositions());
        number("embedding_length", model.hiddenSize());
        number("block_count", model.layers());
        number("feed_forward_length", model.expertWidth());
        number("attention.head_count", model.heads());
        number("attention.head_count_kv", model.kvHeads());
        number("attention.key_length", model.headDim());
        number("attention.value_length", model.headDim());
        decimal("attention.layer_norm_rms_epsilon", model.normEpsilon());
        number("expert_count", model.experts());
        number("expert_used_count", model.topK());
        number("vocab_size", model.vocabularySize());
        if (model.slidingWindow() > 0) {
            number("attention.sliding_window", model.slidingWindow());
        }
        if (Float.isFinite(model.traits().queryKeyValueLimit())) {
            decimal("attention.clamp_kqv", model.traits().queryKeyValueLimit());
        }
        writeRotary(model);
    }

    private void writeRotary(final ModelConfiguration model) {
        number("rope.dimension_count", model.headDim());
        decimal("rope.freq_base", model.rotary().theta());
        if (model.rotary().type().equals("linear")) {
            to.text(architecture + ".rope.scaling.type", "linear");
            decimal("rope.scaling.factor", model.rotary().factor());
        }
    }

    private void number(final String key, final int value) {
        to.number(architecture + '.' + key, value);
    }

    private void decimal(final String key, final double value) {
        to.decimal(architecture + '.' + key, value);
    }
}
