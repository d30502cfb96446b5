package dev.convoke.checkpoint.gguf;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tensors' names in GGUF for those that Hugging Face gives them, by which decoders ask. */
final class TensorNames {
    private static final Pattern OF_LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)\\.weight");
    private static final Map<String, String> WHOLE_MODEL = Map.of(
        "model.embed_tokens.weight", "token_embd.weight",
        "model.norm.weight", "output_norm.weight",
        "lm_head.weight", "output.weight");
    private static final Map<String, String> LAYER = Map.of(
        "input_layernorm", "attn_norm",
        "self_attn.q_proj", "attn_q",
        "self_attn.k_proj", "attn_k",
        "self_attn.v_proj", "attn_v",
        "self_attn.q_norm", "attn_q_norm",
        "self_attn.k_norm", "attn_k_norm",
        "self_attn.o_proj", "attn_output",
        "post_attention_layernorm", "ffn_norm");

    private final String routerName;

    TensorNames(final GgufArchitecture architecture) {
        routerName = architecture.routerName();
    }

    /** The name in GGUF; a name that is none of Hugging Face's stays as it is. */
    String of(final String name) {
        final Matcher layer = OF_LAYER.matcher(name);
        if (!layer.matches()) {
            return WHOLE_MODEL.getOrDefault(name, name);
        }
        final String part = layer.group(2);
        final String ours = part.equals(routerName) ? "ffn_gate_inp" : LAYER.get(part);
        return ours == null ? name : "blk." + layer.group(1) + '.' + ours + ".weight";
    }

    /** The matrices of all experts of a layer, {@code gate}, {@code up} or {@code down}. */
    static String experts(final int layer, final String matrix) {
        return "blk." + layer + ".ffn_" + matrix + "_exps.weight";
    }

    /** One expert's matrix, as files before April 2024 store it. */
    static String expert(final int layer, final String matrix, final int expert) {
        return "blk." + layer + ".ffn_" + matrix + '.' + expert + ".weight";
    }
}
