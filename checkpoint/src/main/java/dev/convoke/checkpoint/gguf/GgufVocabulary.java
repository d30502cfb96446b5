package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.Limits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The tokens of a file: entries, scores and kinds by id. */
final class GgufVocabulary {
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String SCORES = "tokenizer.ggml.scores";
    private static final String TYPES = "tokenizer.ggml.token_type";
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

    private final GgufMetadata metadata;
    private final List<String> tokens;
    private final List<Double> scores;
    private final List<Long> types;
    private final Map<String, Integer> ids = new HashMap<>();

    GgufVocabulary(final GgufMetadata metadata) {
        this.metadata = metadata;
        tokens = metadata.texts(TOKENS);
        scores = metadata.decimals(SCORES).orElse(List.of());
        types = metadata.integers(TYPES).orElse(List.of());
        if (tokens.isEmpty() || tokens.size() > Limits.VOCABULARY) {
            throw metadata.error(TOKENS, "lists " + tokens.size() + " tokens; the file is damaged, download it again.");
        }
        checkLength(SCORES, scores);
        checkLength(TYPES, types);
        for (int id = 0; id < tokens.size(); id++) {
            final Integer other = ids.putIfAbsent(tokens.get(id), id);
            if (other != null) {
                throw metadata.error(TOKENS, "lists the token of id " + other + " again as id " + id
                    + "; the file is damaged, download it again.");
            }
        }
    }

    private void checkLength(final String key, final List<?> list) {
        if (!list.isEmpty() && list.size() != tokens.size()) {
            throw metadata.error(key, "has " + list.size() + " elements, but there are " + tokens.size()
                + " tokens; the file is damaged, download it again.");
        }
    }

    int size() {
        return tokens.size();
    }

    String token(final int id) {
        return tokens.get(id);
    }

    boolean contains(final String token) {
        return ids.containsKey(token);
    }

    int id(final String token) {
        return ids.get(token);
    }

    /** Larger is merged first; 0 where the file gives none. */
    double score(final int id) {
        return scores.isEmpty() ? 0 : scores.get(id);
    }

    /** Part of ordinary text. */
    boolean isNormal(final int id) {
        return type(id) == NORMAL;
    }

    /** Found in a text before anything else. */
    boolean isAdded(final int id) {
        return isSpecial(id) || type(id) == USER_DEFINED;
    }

    /** Left out of decoded text on request. */
    boolean isSpecial(final int id) {
        return type(id) == CONTROL || type(id) == UNKNOWN;
    }

    private long type(final int id) {
        return types.isEmpty() ? NORMAL : types.get(id);
    }

    /** A token the metadata names by its id. */
    OptionalInt named(final String key) {
        return metadata.optionalInteger(key, 0, tokens.size() - 1);
    }
}
