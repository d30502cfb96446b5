package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.decoder.SamplingParameters;
import dev.convoke.server.ServedModel;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What completions and chat have in common.
 *
 * @param maxTokens           as asked for
 * @param sampling            of choice 0; the other choices share its seed
 * @param stops               what ends a text
 * @param choices             for each prompt
 * @param truncatePrompt      how many of the prompt's last tokens to keep; 0 means all
 * @param skipSpecialTokens   whether the text leaves special tokens out
 * @param returnTokenIds      whether the answer carries ids
 * @param stream              whether the answer comes as events
 * @param includeUsage        whether the last event tells the usage
 */
record GenerationOptions(Optional<Integer> maxTokens, SamplingParameters sampling, StopRules stops, int choices,
    int truncatePrompt, boolean skipSpecialTokens, boolean returnTokenIds, boolean stream, boolean includeUsage) {
    private static final int MOST_CHOICES = 128;

    /** Reads and checks them; {@code seeds} is drawn from when the request gives none. */
    static GenerationOptions parse(final RequestFields fields, final ServedModel model, final LongSupplier seeds) {
        for (final String field : new String[] {"structured_outputs", "guided_json", "guided_regex", "guided_choice",
            "guided_grammar", "kv_transfer_params", "priority", "length_penalty"}) {
            fields.refuseUnlessNeutral(field);
        }
        final Optional<Integer> maxTokens = fields.integer("max_completion_tokens", 0, Integer.MAX_VALUE)
            .or(() -> fields.integer("max_tokens", 0, Integer.MAX_VALUE));
        final boolean stream = fields.flag("stream", false);
        final SamplingParameters sampling = new SamplingFields(fields, model).parse(seeds);
        if (maxTokens.isPresent() && sampling.minTokens() > maxTokens.get()) {
            throw ApiException.invalid("min_tokens", "'min_tokens' is " + sampling.minTokens() + " and 'max_tokens' "
                + maxTokens.get() + "; ask for no more at least than at most.");
        }
        return new GenerationOptions(maxTokens, sampling, StopRules.parse(fields, model, sampling.minTokens()),
            fields.integer("n", 1, MOST_CHOICES).orElse(1),
            fields.integer("truncate_prompt_tokens", 1, Integer.MAX_VALUE).orElse(0),
            fields.flag("skip_special_tokens", true), fields.flag("return_token_ids", false), stream,
            includeUsage(fields, stream));
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
