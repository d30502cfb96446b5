package dev.convoke.checkpoint.gguf;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.TokenizerDefinition;
import dev.convoke.checkpoint.TokenizerSettings;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Writes a file's tokenizer as the tokenizers library takes it. */
final class GgufTokenizer {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String MODEL = "tokenizer.ggml.model";
    private static final String BEGIN = "tokenizer.ggml.bos_token_id";
    private static final String[] ENDS = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id"};

    private GgufTokenizer() {
    }

    /** Tokens that frame and end a sequence. */
    static GenerationDefaults generationDefaults(final GgufMetadata metadata, final int vocabularySize) {
        final Set<Integer> ends = new TreeSet<>();
        for (final String key : ENDS) {
            metadata.optionalInteger(key, 0, vocabularySize - 1).ifPresent(ends::add);
        }
        return new GenerationDefaults(metadata.optionalInteger(BEGIN, 0, vocabularySize - 1), ends, Optional.empty(),
            Optional.empty(), OptionalInt.empty());
    }

    /** The tokenizer of a file; an error names the key that is missing, damaged or not supported. */
    static TokenizerDefinition read(final GgufMetadata metadata) {
        final String model = metadata.requiredText(MODEL);
        final GgufVocabulary vocabulary = new GgufVocabulary(metadata);
        final ObjectNode json = MAPPER.createObjectNode();
        json.put("version", "1.0");
        addAddedTokens(json.putArray("added_tokens"), vocabulary);
        switch (model) {
            case "llama" -> new SentencePieceJson(metadata, vocabulary).writeTo(json);
            case "gpt2" -> new BytePairJson(metadata, vocabulary).writeTo(json);
            default -> throw metadata.error(MODEL, "is '" + model + "', which is not supported; Convoke runs the "
                + "tokenizers 'llama' (SentencePiece) and 'gpt2' (byte-level BPE).");
        }
        return new TokenizerDefinition(metadata.file(), json.toString().getBytes(StandardCharsets.UTF_8),
            settings(metadata, vocabulary, model.equals("llama")));
    }

    private static void addAddedTokens(final ArrayNode added, final GgufVocabulary vocabulary) {
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.isAdded(id) && !vocabulary.token(id).isEmpty()) {
                added.addObject().put("id", id).put("content", vocabulary.token(id)).put("single_word", false)
                    .put("lstrip", false).put("rstrip", false).put("normalized", false)
                    .put("special", vocabulary.isSpecial(id));
            }
        }
    }

    private static TokenizerSettings settings(final GgufMetadata metadata, final GgufVocabulary vocabulary,
        final boolean beginByDefault) {
        final String begin = text(vocabulary, BEGIN);
        final String end = text(vocabulary, ENDS[0]);
        final Optional<ChatTemplateSource> template = metadata.text("tokenizer.chat_template")
            .map(source -> new ChatTemplateSource(source, metadata.text("tokenizer.chat_template.tool_use"), begin,
                end));
        return new TokenizerSettings(true,
            metadata.flag("tokenizer.ggml.add_bos_token").orElse(beginByDefault) && !begin.isEmpty(),
            metadata.flag("tokenizer.ggml.add_eos_token").orElse(false) && !end.isEmpty(), begin, end, template);
    }

    private static String text(final GgufVocabulary vocabulary, final String key) {
        final OptionalInt id = vocabulary.named(key);
        return id.isPresent() ? vocabulary.token(id.getAsInt()) : "";
    }
}
