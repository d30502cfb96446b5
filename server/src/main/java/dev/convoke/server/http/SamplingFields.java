package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.decoder.SamplingParameters;
import dev.convoke.server.ModelDefaults;
import dev.convoke.server.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** The fields of a request that say how tokens are drawn. */
final class SamplingFields {
    private static final int MOST_BIASES = 1_024;
    private static final int MOST_BAD_WORDS = 256;
    private static final float MOST_TEMPERATURE = 100;
    private static final float MOST_PENALTY = 2;
    private static final float MOST_BIAS = 100;

    private final RequestFields fields;
    private final ServedModel model;

    SamplingFields(final RequestFields fields, final ServedModel model) {
        this.fields = fields;
        this.model = model;
    }

    /** Reads and checks them; {@code seeds} is drawn from when the request gives none. */
    SamplingParameters parse(final LongSupplier seeds) {
        fields.refuseUnlessNeutral("use_beam_search");
        final SamplingParameters.Builder sampling = ModelDefaults.sampling(model.generationDefaults());
        fields.number("temperature", 0, MOST_TEMPERATURE).ifPresent(sampling::temperature);
        fields.integer("top_k", -1, Integer.MAX_VALUE).ifPresent(count -> sampling.topK(Math.max(0, count)));
        fields.number("top_p", Float.MIN_VALUE, 1).ifPresent(sampling::topP);
        return sampling
            .minP(fields.number("min_p", 0, 1).orElse(0.0f))
            .repetitionPenalty(fields.number("repetition_penalty", Float.MIN_VALUE, Float.MAX_VALUE).orElse(1.0f))
            .presencePenalty(fields.number("presence_penalty", -MOST_PENALTY, MOST_PENALTY).orElse(0.0f))
            .frequencyPenalty(fields.number("frequency_penalty", -MOST_PENALTY, MOST_PENALTY).orElse(0.0f))
            .minTokens(fields.integer("min_tokens", 0, Integer.MAX_VALUE).orElse(0))
            .logitBias(logitBias())
            .allowedTokens(fields.tokenIds("allowed_token_ids", model.vocabularySize()))
            .badWords(badWords())
            .seed(fields.longInteger("seed").orElseGet(seeds::getAsLong))
            .build();
    }

    private Map<Integer, Float> logitBias() {
        final Map<Integer, Float> biases = new TreeMap<>();
        fields.node("logit_bias").ifPresent(node -> {
            if (!node.isObject()) {
                throw RequestFields.wrongType("logit_bias", "an object of token ids and numbers", node);
            }
            if (node.size() > MOST_BIASES) {
                throw ApiException.invalid("logit_bias", "'logit_bias' has " + node.size() + " entries; give at most "
                    + MOST_BIASES + ".");
            }
            node.properties().forEach(entry -> biases.put(tokenId(entry.getKey()), bias(entry.getValue())));
        });
        return biases;
    }

    private int tokenId(final String text) {
        try {
            final int id = Integer.parseInt(text);
            if (id >= 0 && id < model.vocabularySize()) {
                return id;
            }
        } catch (final NumberFormatException e) {
            // Said below, as for a number out of range.
        }
        throw ApiException.invalid("logit_bias", "'logit_bias' names '" + text + "', which is no token id; ids are 0 "
            + "to " + (model.vocabularySize() - 1) + ".");
    }

    private static float bias(final JsonNode node) {
        if (!node.isNumber() || !(Math.abs(node.floatValue()) <= MOST_BIAS)) {
            throw ApiException.invalid("logit_bias", "'logit_bias' must hold numbers from -100 to 100, not "
                + RequestFields.described(node) + ".");
        }
        return node.floatValue();
    }

    /** Each word is forbidden at the beginning of a text and within one, where its tokens differ. */
    private List<int[]> badWords() {
        final List<int[]> runs = new ArrayList<>();
        final Tokenizer tokenizer = model.tokenizer();
        for (final String word : fields.texts("bad_words", MOST_BAD_WORDS)) {
            for (final String form : List.of(word, " " + word)) {
                final int[] run = tokenizer.encode(form, false);
                if (run.length > 0) {
                    runs.add(run);
                }
            }
        }
        return runs;
    }
}
