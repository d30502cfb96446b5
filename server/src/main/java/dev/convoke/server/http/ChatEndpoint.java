package dev.convoke.server.http;

import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ChatTemplate;
import java.util.List;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint implements Endpoint {
    private static final int UNTIL_CONTEXT_ENDS = -1;
    private static final String MESSAGES = ChatFields.MESSAGES;

    private final ApiContext context;

    ChatEndpoint(final ApiContext context) {
        this.context = context;
    }

    @Override
    public Job understand(final RequestFields fields, final String requestId) {
        context.requireModel(fields);
        for (final String field : List.of("functions", "function_call", "audio", "prediction",
            "chat_template", "documents")) {
            fields.refuseUnlessNeutral(field);
        }
        requireTextFormat(fields);
        final GenerationOptions options = context.options(fields);
        final boolean wanted = fields.flag("logprobs", false);
        final int top = fields.integer("top_logprobs", 0, Scoring.MOST).orElse(0);
        if (top > 0 && !wanted) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
        }
        final Conversation conversation = Conversation.of(fields, template());
        final Scoring scoring = Scoring.of(fields, wanted ? top : GenerationRequest.NO_LOGPROBS, false);
        final List<Choice> choices = new Choices(context.model(), options, scoring, MESSAGES)
            .of(List.of(prompt(conversation.text())), UNTIL_CONTEXT_ENDS);
        return new Job(choices, options, new ChatFormat(context.envelope("chatcmpl-" + requestId), context.logprobs(),
            fields.flag("echo", false) ? conversation.echoed() : "", options.returnTokenIds()),
            context.tellsTimes());
    }

    private static void requireTextFormat(final RequestFields fields) {
        fields.node("response_format").ifPresent(format -> {
            if (!"text".equals(format.path("type").asText())) {
                throw ApiException.invalid("response_format", "'response_format' can only be of type 'text' here.");
            }
        });
    }

    private ChatTemplate template() {
        return context.model().chatTemplate().orElseThrow(() -> ApiException.malformed(
            "The model '" + context.model().id() + "' has no chat template; use POST /v1/completions."));
    }

    private Prompt prompt(final String text) {
        final int[] tokens = context.model().tokenizer().encode(text, false);
        if (tokens.length == 0) {
            throw ApiException.invalid(MESSAGES, "'messages' make an empty prompt; give at least one with content.");
        }
        return new Prompt(tokens, text);
    }
}
