package dev.convoke.server.http;

import dev.convoke.decoder.GenerationRequest;
import java.util.List;

/** {@code POST /v1/completions}. */
final class CompletionEndpoint implements Endpoint {
    private static final int DEFAULT_MAX_TOKENS = 16;

    private final ApiContext context;

    CompletionEndpoint(final ApiContext context) {
        this.context = context;
    }

    @Override
    public Job understand(final RequestFields fields, final String requestId) {
        context.requireModel(fields);
        final GenerationOptions options = context.options(fields);
        refuseBestOf(fields, options);
        fields.refuseUnlessNeutral("suffix");
        final int topLogprobs = fields.integer("logprobs", 0, Scoring.MOST)
            .orElse(GenerationRequest.NO_LOGPROBS);
        final boolean echo = fields.flag("echo", false);
        final List<Prompt> prompts = Prompt.parse(fields, context.model().tokenizer(),
            context.model().vocabularySize());
        final List<Choice> choices = new Choices(context.model(), options, Scoring.of(fields, topLogprobs, echo),
            "prompt").of(prompts, DEFAULT_MAX_TOKENS);
        return new Job(choices, options, new CompletionFormat(context.envelope("cmpl-" + requestId),
            context.logprobs(), echo, options.returnTokenIds(), choices.size()), context.tellsTimes());
    }

    private static void refuseBestOf(final RequestFields fields, final GenerationOptions options) {
        final int bestOf = fields.integer("best_of", 1, Integer.MAX_VALUE).orElse(options.choices());
        if (bestOf != options.choices()) {
            throw ApiException.invalid("best_of", "'best_of' is " + bestOf + " and 'n' is " + options.choices()
                + "; choosing among candidates is not supported, leave 'best_of' out.");
        }
    }
}
