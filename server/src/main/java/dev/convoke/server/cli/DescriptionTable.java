package dev.convoke.server.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** Prints a {@link ModelDescription} for people. */
final class DescriptionTable {
    private static final String ROW = "%-16s %s%n";

    private final PrintWriter out;

    DescriptionTable(final PrintWriter out) {
        this.out = out;
    }

    void print(final Map<String, Object> m) {
        row("model", m.get("model"));
        row("architecture", m.get("architecture"));
        row("layers", m.get("layers") + " x hidden " + m.get("hidden_size"));
        final int window = (Integer)m.get("sliding_window");
        row("attention", m.get("attention_heads") + " query and " + m.get("key_value_heads") + " key-value heads of "
            + m.get("head_size") + (window > 0 ? ", window " + window : ""));
        row("experts", m.get("experts") + " a layer of width " + m.get("expert_width") + ", top " + m.get("top_k"));
        row("vocabulary", m.get("vocabulary") + ((Boolean)m.get("tied_embeddings") ? ", tied" : ""));
        row("positions", m.get("positions"));
        row("parameters", count(m.get("parameters")) + " in all, " + count(m.get("active_parameters"))
            + " active for a token");
        row("one expert", bytes(m.get("expert_bytes_stored")) + " as stored (" + m.get("stored_type") + ")");
        row("KV of a token", bytes(m.get("kv_bytes_per_token_bf16")) + " in bf16, "
            + bytes(m.get("kv_bytes_per_token_f32")) + " in f32");
        row("fingerprint", m.get("fingerprint"));
        printServing(map(m.get("serving")));
        String label = "files";
        for (final Map.Entry<String, Object> file : map(m.get("files")).entrySet()) {
            row(label, file.getKey() + ", " + bytes(file.getValue()));
            label = "";
        }
    }

    private void printServing(final Map<String, Object> serving) {
        row("decoder", bytes(serving.get("decoder_weight_bytes")) + " of weights in " + serving.get("type") + ", and "
            + bytes(serving.get("decoder_kv_bytes_per_token")) + " for each token it holds");
        row("backend", serving.get("backend"));
        int host = 0;
        for (final Object entry : (List<?>)serving.get("hosts")) {
            final Map<String, Object> one = map(entry);
            row("expert host " + host++, one.get("experts") + " experts, " + bytes(one.get("weight_bytes")));
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(final Object value) {
        return (Map<String, Object>)value;
    }

    private void row(final String label, final Object text) {
        out.printf(ROW, label, text);
    }

    private static String count(final Object number) {
        final long value = (Long)number;
        return value < 1_000_000_000 ? "%.1f million".formatted(value / 1e6) : "%.1f billion".formatted(value / 1e9);
    }

    private static String bytes(final Object number) {
        final long value = (Long)number;
        return value < 10_000 ? value + " B" : value < 10_000_000 ? "%.1f kB".formatted(value / 1e3)
            : value < 10_000_000_000L ? "%.1f MB".formatted(value / 1e6) : "%.1f GB".formatted(value / 1e9);
    }
}
