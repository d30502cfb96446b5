package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.decoder.TokenScores;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;

/** Writes log-probabilities in the shapes of completions and of chat. */
final class Logprobs {
    private final TokenTexts texts;

    Logprobs(final TokenTexts texts) {
        this.texts = texts;
    }

    /** {@code {"tokens", "token_logprobs", "top_logprobs", "text_offset"}}, to be filled by {@link #add}. */
    static ObjectNode completion() {
        final ObjectNode node = Json.object();
        node.putArray("tokens");
        node.putArray("token_logprobs");
        node.putArray("top_logprobs");
        node.putArray("text_offset");
        return node;
    }

    /**
     * Adds tokens {@code [from, to)} to a completion's log-probabilities.
     *
     * @param offset characters of the text before the first of them
     * @return characters of the text after the last of them
     */
    int add(final ObjectNode node, final Choice choice, final TokenScores scores, final IntUnaryOperator ids,
        final int from, final int to, final int offset) {
        int characters = offset;
        for (int i = from; i < to; i++) {
            final int id = ids.applyAsInt(i);
            node.withArray("tokens").add(texts.label(id));
            node.withArray("token_logprobs").add(Json.number(scores.logprob(i)));
            node.withArray("top_logprobs").add(alternatives(scores, i, choice.scoring().sampled()));
            node.withArray("text_offset").add(characters);
            characters += texts.visibleCharacters(id);
        }
        return characters;
    }

    private JsonNode alternatives(final TokenScores scores, final int position, final int ranks) {
        if (ranks == 0 || Float.isNaN(scores.logprob(position))) {
            return Json.array().nullNode();
        }
        final ObjectNode node = Json.object();
        for (int rank = 0; rank < ranks && scores.topToken(position, rank) >= 0; rank++) {
            node.set(texts.label(scores.topToken(position, rank)), Json.number(scores.topLogprob(position, rank)));
        }
        return node;
    }

    /** {@code {"content": [...], "refusal": null}} for tokens {@code [from, to)} of a choice. */
    ObjectNode chat(final Choice choice, final int from, final int to) {
        final ObjectNode node = Json.object();
        final ArrayNode content = node.putArray("content");
        final TokenScores scores = choice.request().stream().scores();
        for (int i = from; i < to; i++) {
            final ObjectNode entry = content.addObject();
            describe(entry, choice.token(i), scores.logprob(i));
            final ArrayNode top = entry.putArray("top_logprobs");
            for (int rank = 0; rank < choice.scoring().sampled() && scores.topToken(i, rank) >= 0; rank++) {
                describe(top.addObject(), scores.topToken(i, rank), scores.topLogprob(i, rank));
            }
        }
        node.putNull("refusal");
        return node;
    }

    /** An array with an entry for each prompt token, null for the first: an object from id to score and rank. */
    ArrayNode prompt(final Choice choice) {
        final ArrayNode entries = Json.array();
        final TokenScores scores = choice.request().stream().promptScores();
        final int[] tokens = choice.prompt().tokens();
        entries.addNull();
        for (int i = 1; i < tokens.length; i++) {
            final ObjectNode entry = entries.addObject();
            for (int rank = 0; rank < choice.scoring().prompt() && scores.topToken(i, rank) >= 0; rank++) {
                putScore(entry, scores.topToken(i, rank), scores.topLogprob(i, rank), rank + 1);
            }
            putScore(entry, tokens[i], scores.logprob(i), scores.tokenRank(i));
        }
        return entries;
    }

    private void putScore(final ObjectNode entry, final int id, final float logprob, final int rank) {
        final ObjectNode score = entry.putObject(String.valueOf(id));
        score.set("logprob", Json.number(logprob));
        score.put("rank", rank);
        score.put("decoded_token", texts.label(id));
    }

    private void describe(final ObjectNode entry, final int id, final float logprob) {
        final String label = texts.label(id);
        entry.put("token", label);
        entry.set("logprob", Json.number(logprob));
        final ArrayNode bytes = entry.putArray("bytes");
        for (final byte b : label.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(b & 0xFF);
        }
    }
}
