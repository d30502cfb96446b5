package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One prompt of a completion.
 *
 * @param tokens its ids, at least one
 * @param text   as it is echoed
 */
record Prompt(int[] tokens, String text) {
    private static final int MOST_PROMPTS = 256;

    /** Reads a string, an array of strings, an array of ids or an array of arrays of ids. */
    static List<Prompt> parse(final RequestFields fields, final Tokenizer tokenizer, final int vocabularySize) {
        final JsonNode node = fields.node("prompt").orElseThrow(
            () -> ApiException.invalid("prompt", "'prompt' is missing; give a string or token ids."));
        final boolean addSpecialTokens = fields.flag("add_special_tokens", true);
        final Reader reader = new Reader(tokenizer, vocabularySize, addSpecialTokens);
        if (node.isTextual()) {
            return List.of(reader.ofText(node.textValue()));
        }
        if (!node.isArray() || node.isEmpty()) {
            throw ApiException.invalid("prompt", "'prompt' must be a string, an array of strings, an array of token "
                + "ids or an array of such arrays, and not empty.");
        }
        if (node.get(0).isNumber()) {
            return List.of(reader.ofIds(node));
        }
        if (node.size() > MOST_PROMPTS) {
            throw ApiException.invalid("prompt", "'prompt' has " + node.size() + " prompts; give at most "
                + MOST_PROMPTS + ".");
        }
        final List<Prompt> prompts = new ArrayList<>();
        for (final JsonNode element : node) {
            prompts.add(element.isTextual() ? reader.ofText(element.textValue()) : reader.ofIds(element));
        }
        return prompts;
    }

    /** Its last tokens; 0 keeps all. */
    Prompt truncated(final int most, final Tokenizer tokenizer) {
        if (most == 0 || tokens.length <= most) {
            return this;
        }
        final int[] kept = Arrays.copyOfRange(tokens, tokens.length - most, tokens.length);
        return new Prompt(kept, tokenizer.decode(kept, true));
    }

    private record Reader(Tokenizer tokenizer, int vocabularySize, boolean addSpecialTokens) {
        Prompt ofText(final String text) {
            final int[] tokens = tokenizer.encode(text, addSpecialTokens);
            if (tokens.length == 0) {
                throw ApiException.invalid("prompt", "'prompt' has no tokens; give at least one.");
            }
            return new Prompt(tokens, text);
        }

        Prompt ofIds(final JsonNode array) {
            if (!array.isArray() || array.isEmpty()) {
                throw ApiException.invalid("prompt", "Each prompt must be a string or an array of token ids, and an "
                    + "array must not be empty.");
            }
            final int[] tokens = new int[array.size()];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = id(array.get(i));
            }
            return new Prompt(tokens, tokenizer.decode(tokens, true));
        }

        private int id(final JsonNode node) {
            if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0
                || node.intValue() >= vocabularySize) {
                throw ApiException.invalid("prompt", "'prompt' holds " + node.toString() + ", which is no token id; "
                    + "ids are 0 to " + (vocabularySize - 1) + ".");
            }
            return node.intValue();
        }
    }
}
