package dev.convoke.bench.synthetic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A tokenizer with a token for each byte, as the tokenizers library reads it: byte-level BPE without merges. */
final class ByteTokenizer {
    static final int BEGIN = 0;
    static final int END = 1;
    static final int TOKENS = 258;
    private static final String BEGIN_TEXT = "<s>";
    private static final String END_TEXT = "</s>";
    private static final int BYTES = 256;

    private ByteTokenizer() {
    }

    static Map<String, Object> tokenizer() {
        final Map<String, Object> byteLevel = Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets",
            true, "use_regex", true);
        final Map<String, Object> sequence = Map.of("Sequence", Map.of("id", "A", "type_id", 0));
        final Map<String, Object> begin = Map.of("SpecialToken", Map.of("id", BEGIN_TEXT, "type_id", 0));
        final Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put("added_tokens", List.of(added(BEGIN, BEGIN_TEXT), added(END, END_TEXT)));
        json.put("pre_tokenizer", byteLevel);
        json.put("post_processor", Map.of("type", "TemplateProcessing", "single", List.of(begin, sequence), "pair",
            List.of(begin, sequence), "special_tokens", Map.of(BEGIN_TEXT, Map.of("id", BEGIN_TEXT, "ids",
                List.of(BEGIN), "tokens", List.of(BEGIN_TEXT)))));
        json.put("decoder", byteLevel);
        json.put("model", Map.of("type", "BPE", "vocab", vocabulary(), "merges", List.of()));
        return json;
    }

    private static Map<String, Object> added(final int id, final String content) {
        return Map.of("id", id, "content", content, "single_word", false, "lstrip", false, "rstrip", false,
            "normalized", false, "special", true);
    }

    static Map<String, Object> settings() {
        return Map.of("tokenizer_class", "PreTrainedTokenizerFast", "bos_token", BEGIN_TEXT, "eos_token", END_TEXT,
            "add_bos_token", true);
    }

    /** Bytes are written as the character of their number, those that do not print as characters from 256 on. */
    private static Map<String, Integer> vocabulary() {
        final Map<String, Integer> vocabulary = new LinkedHashMap<>();
        vocabulary.put(BEGIN_TEXT, BEGIN);
        vocabulary.put(END_TEXT, END);
        int unprintable = 0;
        for (int value = 0; value < BYTES; value++) {
            final boolean prints = value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xFF && value != 0xAD;
            final char character = (char)(prints ? value : BYTES + unprintable++);
            vocabulary.put(String.valueOf(character), vocabulary.size());
        }
        return vocabulary;
    }
}
