package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.decoder.SamplingParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What completions and chat have in common.
 *
 * @param maxTokens      as asked for
 * @param sampling       of choice 0; the other choices share its seed
 * @param stops          strings that end the text, which does not include them
 * @param choices        for each prompt
 * @param ignoreEnd      whether end tokens are sampled through
 * @param returnTokenIds whether the answer carries ids
 * @param stream         whether the answer comes as events
 * @param includeUsage   whether the last event tells the usage
 */
record GenerationOptions(Optional<Integer> maxTokens, SamplingParameters sampling, List<String> stops, int choices,
    boolean ignoreEnd, boolean returnTokenIds, boolean stream, boolean includeUsage) {
    /** The most alternatives listed for a token. */
    static final int MOST_LOGPROBS = 20;
    private static final int MOST_STOPS = 4;
    private static final int MOST_CHOICES = 128;

    /** Reads and checks them; {@code seeds} is drawn from when the request gives none. */
    static GenerationOptions parse(final RequestFields fields, final GenerationDefaults defaults,
        final LongSupplier seeds) {
        for (final String field : List.of("presence_penalty", "frequency_penalty", "logit_bias", "min_p", "min_tokens",
            "use_beam_search")) {
            fields.refuseUnlessNeutral(field);
        }
        final Optional<Integer> maxTokens = fields.integer("max_completion_tokens", 0, Integer.MAX_VALUE)
            .or(() -> fields.integer("max_tokens", 0, Integer.MAX_VALUE));
        final boolean stream = fields.flag("stream", false);
        return new GenerationOptions(maxTokens, sampling(fields, defaults, seeds), stops(fields),
            fields.integer("n", 1, MOST_CHOICES).orElse(1), fields.flag("ignore_eos", false),
            fields.flag("return_token_ids", false), stream, includeUsage(fields, stream));
    }

    /** The sampling of one choice. */
    SamplingParameters samplingOf(final int choice) {
        return new SamplingParameters(sampling.temperature(), sampling.topK(), sampling.topP(), sampling.seed(),
            choice);
    }

    private static SamplingParameters sampling(final RequestFields fields, final GenerationDefaults defaults,
        final LongSupplier seeds) {
        final float temperature = fields.number("temperature").or(defaults::temperature).orElse(1.0f);
        if (!(temperature >= 0 && temperature <= 100)) {
            throw ApiException.invalid("temperature", "'temperature' is " + temperature + "; choose 0 to 100.");
        }
        final float topP = fields.number("top_p").or(defaults::topP).orElse(1.0f);
        if (!(topP > 0 && topP <= 1)) {
            throw ApiException.invalid("top_p", "'top_p' is " + topP + "; choose more than 0 and at most 1.");
        }
        final int topK = Math.max(0, fields.integer("top_k", -1, Integer.MAX_VALUE)
            .orElseGet(() -> defaults.topK().orElse(0)));
        final long seed = fields.longInteger("seed").orElseGet(seeds::getAsLong);
        return new SamplingParameters(temperature, topK, topP, seed, 0);
    }

    private static List<String> stops(final RequestFields fields) {
        final List<String> stops = new ArrayList<>();
        fields.node("stop").ifPresent(node -> {
            if (node.isArray()) {
                node.forEach(element -> stops.add(stop(element)));
            } else {
                stops.add(stop(node));
            }
        });
        if (stops.size() > MOST_STOPS) {
            throw ApiException.invalid("stop", "'stop' has " + stops.size() + " strings; give at most " + MOST_STOPS
                + ".");
        }
        return List.copyOf(stops);
    }

    private static String stop(final JsonNode node) {
        if (!node.isTextual() || node.textValue().isEmpty()) {
            throw ApiException.invalid("stop", "'stop' must be a string or an array of strings, none of them empty.");
        }
        return node.textValue();
    }

    private static boolean includeUsage(final RequestFields fields, final boolean stream) {
        final Optional<JsonNode> options = fields.node("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        if (!stream) {
            throw ApiException.invalid("stream_options", "'stream_options' is only allowed with 'stream': true.");
        }
        if (!options.get().isObject()) {
            throw RequestFields.wrongType("stream_options", "an object", options.get());
        }
        final JsonNode include = options.get().get("include_usage");
        if (include != null && !include.isNull() && !include.isBoolean()) {
            throw RequestFields.wrongType("stream_options.include_usage", "true or false", include);
        }
        return include != null && include.booleanValue();
    }
}
