package dev.convoke.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The tokens of a tokenizer by id, as many as the model's embedding has rows. */
final class TokenTable {
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int BYTE = 6;
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");

    private final String[] texts;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Set<Integer> special = new HashSet<>();
    private final Set<Integer> userDefined = new HashSet<>();

    TokenTable(final JsonNode tokenizer, final int size, final Function<String, RuntimeException> error) {
        texts = new String[size];
        tokenizer.path("model").path("vocab").properties()
            .forEach(entry -> put(entry.getKey(), entry.getValue().asInt(-1), error));
        for (final JsonNode added : tokenizer.path("added_tokens")) {
            final int id = added.path("id").asInt(-1);
            put(added.path("content").asText(), id, error);
            (added.path("special").asBoolean() ? special : userDefined).add(id);
        }
    }

    private void put(final String text, final int id, final Function<String, RuntimeException> error) {
        if (id < 0 || id >= texts.length) {
            throw error.apply("gives the token '" + text + "' the id " + id + ", but the model's embedding has "
                + texts.length + " rows; the two are of different models, download both again");
        }
        texts[id] = text;
        ids.put(text, id);
    }

    /** A row of the embedding that no token uses gets a name of its own. */
    List<String> texts() {
        final List<String> named = new ArrayList<>();
        for (int id = 0; id < texts.length; id++) {
            named.add(texts[id] == null ? "[PAD" + id + "]" : texts[id]);
        }
        return named;
    }

    /** What each token is, in GGUF's numbers. */
    List<Integer> kinds(final String unknownToken) {
        final List<Integer> kinds = new ArrayList<>();
        for (int id = 0; id < texts.length; id++) {
            kinds.add(kind(id, unknownToken));
        }
        return kinds;
    }

    private int kind(final int id, final String unknownToken) {
        if (texts[id] == null) {
            return UNUSED;
        }
        if (!unknownToken.isEmpty() && texts[id].equals(unknownToken)) {
            return UNKNOWN;
        }
        if (special.contains(id)) {
            return CONTROL;
        }
        if (userDefined.contains(id)) {
            return USER_DEFINED;
        }
        return BYTE_TOKEN.matcher(texts[id]).matches() ? BYTE : NORMAL;
    }

    OptionalInt id(final String text) {
        final Integer id = ids.get(text);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
