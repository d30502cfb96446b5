package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;

/**
 * What Convoke itself needs of a tokenizer.json: the entry of each id, which ids are special, and how entries become
 * text. Immutable once read.
 */
final class Vocabulary {
    /** Every name is another one here: a table of names seen would only cost. */
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).maxNumberLength(100)
            .maxNameLength(1 << 16).maxStringLength(16 << 20).build())
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build()).build();

    private final Path file;
    private final BitSet special = new BitSet();
    private String[] tokens = new String[1 << 12];
    private int size;
    private JsonNode addedTokens = MAPPER.createArrayNode();
    private JsonNode decoder = MAPPER.nullNode();

    private Vocabulary(final Path file) {
        this.file = file;
    }

    /**
     * Parses a tokenizer.json.
     *
     * @param file for messages
     */
    static Vocabulary parse(final Path file, final byte[] json) {
        final Vocabulary vocabulary = new Vocabulary(file);
        try (JsonParser parser = MAPPER.createParser(json)) {
            vocabulary.parseFile(parser);
        } catch (final IOException e) {
            throw JsonFields.unreadable(file, e);
        }
        vocabulary.addAddedTokens();
        if (vocabulary.size == 0) {
            throw vocabulary.damaged("has an empty vocabulary");
        }
        return vocabulary;
    }

    /** One more than the largest id. */
    int size() {
        return size;
    }

    /** The entry of an id, or null if there is none. */
    String token(final int id) {
        return id >= 0 && id < size ? tokens[id] : null;
    }

    /** Whether the id is a special token, left out of text on request. */
    boolean special(final int id) {
        return id >= 0 && special.get(id);
    }

    /** The id of an entry. A search through all: for opening, not for encoding. */
    OptionalInt idOf(final String token) {
        for (int id = 0; id < size; id++) {
            if (token.equals(tokens[id])) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }

    /** The file's {@code decoder}, a null node if there is none. */
    JsonNode decoder() {
        return decoder;
    }

    private void parseFile(final JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw damaged("does not hold a JSON object");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            final String key = parser.currentName();
            parser.nextToken();
            switch (key) {
                case "model" -> parseModel(parser);
                case "added_tokens" -> addedTokens = MAPPER.readTree(parser);
                case "decoder" -> decoder = MAPPER.readTree(parser);
                default -> parser.skipChildren();
            }
        }
    }

    private void parseModel(final JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw damaged("has no 'model' object");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            final boolean vocabulary = parser.currentName().equals("vocab");
            final JsonToken value = parser.nextToken();
            if (vocabulary && value == JsonToken.START_OBJECT) {
                parseNamedEntries(parser);
            } else if (vocabulary && value == JsonToken.START_ARRAY) {
                parseScoredEntries(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    /** {@code {"token": id, ...}}. */
    private void parseNamedEntries(final JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            final String token = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
                throw damaged("gives token '" + token + "' no whole number");
            }
            put(parser.getIntValue(), token);
        }
    }

    /** {@code [["token", score], ...]} in the order of ids. */
    private void parseScoredEntries(final JsonParser parser) throws IOException {
        for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw damaged("gives id " + id + " no token");
            }
            put(id, parser.getText());
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                parser.skipChildren();
            }
        }
    }

    /** Their entries replace the model's. */
    private void addAddedTokens() {
        for (final JsonNode added : addedTokens) {
            final String content = added.path("content").asText();
            if (content.isEmpty() || !added.path("id").canConvertToInt()) {
                throw damaged("has an added token without 'id' or 'content'");
            }
            final int id = added.path("id").intValue();
            put(id, content);
            special.set(id, added.path("special").asBoolean());
        }
    }

    private void put(final int id, final String token) {
        if (id < 0 || id >= Limits.VOCABULARY) {
            throw damaged("gives token '" + token + "' the impossible id " + id);
        }
        if (id >= tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(id + 1, 2 * tokens.length));
        }
        tokens[id] = token;
        size = Math.max(size, id + 1);
    }

    private CheckpointException damaged(final String problem) {
        return new CheckpointException(file + " " + problem + "; the file is damaged, download it again.");
    }
}
