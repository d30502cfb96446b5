package dev.convoke.decoder.mixtral;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.decoder.DecoderModel;
import dev.convoke.decoder.ModelArchitecture;
import dev.convoke.decoder.ModelParts;

/** Mixtral (Jiang et al., 2024): grouped-query attention with rotary embedding, softmax top-k experts. */
public class MixtralArchitecture implements ModelArchitecture {
    @Override
    public String name() {
        return "mixtral";
    }

    @Override
    public DecoderModel load(final ModelParts parts) {
        return new MixtralModel(parts, routerName());
    }

    /** The router's weight within a layer. */
    String routerName() {
        return "block_sparse_moe.gate.weight";
    }

    @Override
    public long weightBytes(final ModelConfiguration model, final DType operand) {
        final long hidden = model.hiddenSize();
        final long head = model.vocabularySize() * hidden * operand.bytes() + hidden * Float.BYTES;
        return head + model.layers() * MixtralLayer.bytes(model, operand);
    }
}
