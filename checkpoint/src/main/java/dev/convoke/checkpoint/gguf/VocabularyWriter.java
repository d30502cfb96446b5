package dev.convoke.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.TokenizerDefinition;
import dev.convoke.checkpoint.TokenizerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Writes a tokenizer of the tokenizers library as GGUF has it: byte-level byte-pair encoding as {@code gpt2},
 * byte-pair encoding with byte fallback, which is how SentencePiece's models are run there, as {@code llama}.
 */
final class VocabularyWriter {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String SPACE = "\u2581";
    private static final String PREFIX = "tokenizer.ggml.";
    private static final List<String> ENDS = List.of("eos_token_id", "eot_token_id", "eom_token_id");

    private final MetadataWriter to;
    private final TokenizerDefinition definition;
    private final JsonNode json;
    private final JsonNode model;
    private final TokenTable tokens;

    /** Reads a tokenizer; an error says what it is where GGUF has no word for it. */
    VocabularyWriter(final MetadataWriter to, final TokenizerDefinition definition, final int vocabularySize) {
        this.to = to;
        this.definition = definition;
        try {
            json = MAPPER.readTree(definition.json());
        } catch (final IOException e) {
            throw error("is not valid JSON; download it again");
        }
        model = json.path("model");
        if (!model.path("type").asText().equals("BPE")) {
            throw error("is of type '" + model.path("type").asText("unnamed") + "', which GGUF files of the "
                + "architectures known here do not have; only byte-pair encoding can be written");
        }
        tokens = new TokenTable(json, vocabularySize, this::error);
    }

    void write(final GenerationDefaults defaults) {
        if (model.path("byte_fallback").asBoolean()) {
            writeSentencePiece();
        } else {
            writeBytePair();
        }
        to.texts(PREFIX + "tokens", tokens.texts());
        to.integers(PREFIX + "token_type", tokens.kinds(model.path("unk_token").asText("")));
        writeFrame(defaults);
    }

    private void writeBytePair() {
        to.text(PREFIX + "model", "gpt2");
        to.text(PREFIX + "pre", BytePairJson.nameOf(json.path("pre_tokenizer")).orElseThrow(() ->
            error("cuts a text before it encodes it (pre_tokenizer) in a way that has no name in GGUF")));
        to.texts(PREFIX + "merges", merges().stream().map(merge -> merge.left() + ' ' + merge.right()).toList());
    }

    /** SentencePiece merges what makes the entry of the largest score, so an earlier merge is a larger score. */
    private void writeSentencePiece() {
        to.text(PREFIX + "model", "llama");
        to.flag(PREFIX + "add_space_prefix", putsSpaceInFront());
        final Map<String, Integer> ranks = new HashMap<>();
        for (final Pair merge : merges()) {
            ranks.putIfAbsent(merge.left() + merge.right(), ranks.size());
        }
        to.decimals(PREFIX + "scores", tokens.texts().stream()
            .map(token -> -(float)ranks.getOrDefault(token, ranks.size())).toList());
        tokens.id(model.path("unk_token").asText("")).ifPresent(id -> to.number(PREFIX + "unknown_token_id", id));
    }

    private boolean putsSpaceInFront() {
        return json.path("normalizer").findValues("prepend").stream().anyMatch(text -> text.asText().equals(SPACE))
            || json.path("pre_tokenizer").findValues("prepend_scheme").stream()
                .anyMatch(scheme -> !scheme.asText().equals("never"));
    }

    private record Pair(String left, String right) {
    }

    private List<Pair> merges() {
        final List<Pair> merges = new ArrayList<>();
        for (final JsonNode merge : model.path("merges")) {
            final String text = merge.asText();
            final int space = text.indexOf(' ', 1);
            if (merge.isArray() ? merge.size() != 2 : space < 0) {
                throw error("lists '" + merge + "' among its merges, which is no pair; download it again");
            }
            merges.add(merge.isArray() ? new Pair(merge.get(0).asText(), merge.get(1).asText())
                : new Pair(text.substring(0, space), text.substring(space + 1)));
        }
        return merges;
    }

    /** Tokens that frame and end a text, and the chat template. Of tokens that end one GGUF has room for three. */
    private void writeFrame(final GenerationDefaults defaults) {
        final TokenizerSettings settings = definition.settings();
        final List<Integer> ends = new ArrayList<>(new TreeSet<>(defaults.endTokens()));
        tokens.id(settings.eosToken()).ifPresent(id -> {
            ends.remove(Integer.valueOf(id));
            ends.addFirst(id);
        });
        for (int i = 0; i < Math.min(ends.size(), ENDS.size()); i++) {
            to.number(PREFIX + ENDS.get(i), ends.get(i));
        }
        final var begin = tokens.id(settings.bosToken());
        (begin.isPresent() ? begin : defaults.beginToken()).ifPresent(id -> to.number(PREFIX + "bos_token_id", id));
        final JsonNode frame = json.path("post_processor").path("single");
        to.flag(PREFIX + "add_bos_token", settings.explicit() ? settings.addBegin()
            : frame.path(0).has("SpecialToken"));
        to.flag(PREFIX + "add_eos_token", settings.explicit() ? settings.addEnd()
            : frame.path(frame.size() - 1).has("SpecialToken"));
        settings.chatTemplate().ifPresent(this::writeTemplate);
    }

    private void writeTemplate(final ChatTemplateSource template) {
        to.text("tokenizer.chat_template", template.template());
        template.toolTemplate().ifPresent(text -> {
            to.texts("tokenizer.chat_templates", List.of("tool_use"));
            to.text("tokenizer.chat_template.tool_use", text);
        });
    }

    private CheckpointException error(final String problem) {
        return new CheckpointException(definition.file() + ": the tokenizer " + problem + ".");
    }
}
