package dev.convoke.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A byte-level byte-pair vocabulary; {@code tokenizer.ggml.pre} says how a text is cut before. */
final class BytePairJson {
    private static final String MERGES = "tokenizer.ggml.merges";
    private static final String PRE = "tokenizer.ggml.pre";
    private static final String GPT_2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String LLAMA_3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN_2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final Map<String, String> PATTERNS = Map.of("gpt-2", GPT_2, "olmo", GPT_2, "mpt", GPT_2,
        "default", GPT_2, "llama-bpe", LLAMA_3, "llama3", LLAMA_3, "qwen2", QWEN_2);

    /** Names to write, one for each pattern; each is known to llama.cpp. */
    private static final List<String> PREFERRED = List.of("gpt-2", "llama-bpe", "qwen2");

    private final GgufMetadata metadata;
    private final GgufVocabulary vocabulary;

    BytePairJson(final GgufMetadata metadata, final GgufVocabulary vocabulary) {
        this.metadata = metadata;
        this.vocabulary = vocabulary;
    }

    /** What GGUF calls a way of cutting texts; empty where it is not known. */
    static Optional<String> nameOf(final JsonNode preTokenizer) {
        final JsonNode cuts = preTokenizer.path("pretokenizers");
        final JsonNode last = cuts.isArray() ? cuts.path(cuts.size() - 1) : preTokenizer;
        if (!last.path("type").asText().equals("ByteLevel") || last.path("add_prefix_space").asBoolean()) {
            return Optional.empty();
        }
        if (last.path("use_regex").asBoolean(true)) {
            return cuts.size() > 1 ? Optional.empty() : Optional.of("gpt-2");
        }
        return cuts.size() != 2 ? Optional.empty() : PREFERRED.stream()
            .filter(name -> PATTERNS.get(name).equals(cuts.get(0).path("pattern").path("Regex").asText()))
            .findFirst();
    }

    void writeTo(final ObjectNode json) {
        final String pre = metadata.text(PRE).orElse("default");
        final String pattern = PATTERNS.get(pre);
        if (pattern == null) {
            throw metadata.error(PRE, "is '" + pre + "', which is not known; Convoke cuts texts as "
                + PATTERNS.keySet().stream().sorted().toList() + " do.");
        }
        json.putNull("normalizer");
        final ArrayNode cuts = json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        cuts.addObject().put("type", "Split").put("behavior", "Isolated").put("invert", false)
            .putObject("pattern").put("Regex", pattern);
        cuts.addObject().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true)
            .put("use_regex", false);
        json.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true)
            .put("use_regex", true);
        final ObjectNode model = json.putObject("model").put("type", "BPE").put("fuse_unk", false)
            .put("byte_fallback", false).put("ignore_merges", pattern.equals(LLAMA_3));
        final ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.size(); id++) {
            vocab.put(vocabulary.token(id), id);
        }
        final ArrayNode merges = model.putArray("merges");
        for (final String merge : metadata.texts(MERGES)) {
            final int space = merge.indexOf(' ', 1);
            if (space < 0) {
                throw metadata.error(MERGES, "lists '" + merge + "', which is no pair; the file is damaged, download "
                    + "it again.");
            }
            merges.addArray().add(merge.substring(0, space)).add(merge.substring(space + 1));
        }
    }
}
