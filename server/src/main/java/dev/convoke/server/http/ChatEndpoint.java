package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ChatMessage;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ChatTemplateException;
import java.util.ArrayList;
import java.util.List;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint implements Endpoint {
    private static final int UNTIL_CONTEXT_ENDS = -1;
    private static final String MESSAGES = "messages";

    private final ApiContext context;

    ChatEndpoint(final ApiContext context) {
        this.context = context;
    }

    @Override
    public Job understand(final RequestFields fields) {
        context.requireModel(fields);
        for (final String field : List.of("tools", "functions", "audio", "prediction")) {
            fields.refuseUnlessNeutral(field);
        }
        requireTextFormat(fields);
        final GenerationOptions options = context.options(fields);
        final boolean wanted = fields.flag("logprobs", false);
        final int top = fields.integer("top_logprobs", 0, GenerationOptions.MOST_LOGPROBS).orElse(0);
        if (top > 0 && !wanted) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
        }
        final Prompt prompt = prompt(fields);
        final List<Choice> choices = new Choices(context.model(), options,
            wanted ? top : GenerationRequest.NO_LOGPROBS, false, MESSAGES).of(List.of(prompt), UNTIL_CONTEXT_ENDS);
        return new Job(choices, options, new ChatFormat(context.envelope("chatcmpl-"), context.logprobs(),
            options.returnTokenIds()));
    }

    private static void requireTextFormat(final RequestFields fields) {
        fields.node("response_format").ifPresent(format -> {
            if (!"text".equals(format.path("type").asText())) {
                throw ApiException.invalid("response_format", "'response_format' can only be of type 'text' here.");
            }
        });
    }

    private Prompt prompt(final RequestFields fields) {
        final ChatTemplate template = context.model().chatTemplate().orElseThrow(() -> ApiException.malformed(
            "The model '" + context.model().id() + "' has no chat template; use POST /v1/completions."));
        final String text;
        try {
            text = template.render(messages(fields), fields.flag("add_generation_prompt", true));
        } catch (final ChatTemplateException e) {
            throw ApiException.invalid(MESSAGES, e.getMessage());
        }
        final int[] tokens = context.model().tokenizer().encode(text, false);
        if (tokens.length == 0) {
            throw ApiException.invalid(MESSAGES, "'messages' make an empty prompt; give at least one with content.");
        }
        return new Prompt(tokens, text);
    }

    private static List<ChatMessage> messages(final RequestFields fields) {
        final JsonNode node = fields.node(MESSAGES).orElseThrow(
            () -> ApiException.invalid(MESSAGES, "'messages' is missing; give an array with at least one message."));
        if (!node.isArray() || node.isEmpty()) {
            throw ApiException.invalid(MESSAGES, "'messages' must be an array with at least one message.");
        }
        final List<ChatMessage> messages = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            messages.add(message(node.get(i), MESSAGES + "[" + i + "]"));
        }
        return messages;
    }

    private static ChatMessage message(final JsonNode node, final String where) {
        final JsonNode role = node.path("role");
        if (!role.isTextual() || role.textValue().isEmpty()) {
            throw ApiException.invalid(where + ".role", "'" + where + ".role' must be a string such as 'user'.");
        }
        return new ChatMessage(role.textValue(), content(node.path("content"), where + ".content"));
    }

    /** A string, or text parts joined; nothing where there is none. */
    private static String content(final JsonNode node, final String where) {
        if (node.isTextual()) {
            return node.textValue();
        }
        if (node.isNull() || node.isMissingNode()) {
            return "";
        }
        if (!node.isArray()) {
            throw ApiException.invalid(where, "'" + where + "' must be a string or an array of text parts.");
        }
        final StringBuilder text = new StringBuilder();
        for (final JsonNode part : node) {
            if (!"text".equals(part.path("type").asText()) || !part.path("text").isTextual()) {
                throw ApiException.invalid(where, "'" + where + "' may only hold parts of type 'text'.");
            }
            text.append(part.path("text").textValue());
        }
        return text.toString();
    }
}
