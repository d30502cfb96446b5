package dev.convoke.bench.serve.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What the events of one answer say; made once they are all there. */
final class StreamedAnswer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringBuilder text = new StringBuilder();
    private final long[] tokenNs;
    private int tokenEvents;
    private long lastChoiceNs;
    private int promptTokens;
    private int outputTokens = -1;
    private boolean finished;
    private String error = "";

    StreamedAnswer(final EventLog log) {
        tokenNs = new long[log.count()];
        for (int i = 0; i < log.count() && error.isEmpty(); i++) {
            final String data = new String(log.bytes(), log.start(i), log.end(i) - log.start(i), StandardCharsets.UTF_8)
                .strip();
            if (data.equals("[DONE]")) {
                finished = true;
                break;
            }
            onEvent(data, log.stampNs(i));
        }
        if (tokenEvents == 0 && lastChoiceNs != 0) {
            // All its tokens were without text, such as an end token: the event that says so stands for them.
            tokenNs[tokenEvents++] = lastChoiceNs;
        }
    }

    private void onEvent(final String data, final long stampNs) {
        final JsonNode event;
        try {
            event = JSON.readTree(data);
        } catch (final IOException e) {
            error = "the stream has an event that is not JSON: " + data.substring(0, Math.min(80, data.length()));
            return;
        }
        if (event.hasNonNull("error")) {
            error = "the stream says: " + message(event, data);
            return;
        }
        final JsonNode usage = event.path("usage");
        if (usage.isObject()) {
            promptTokens = usage.path("prompt_tokens").asInt();
            outputTokens = usage.path("completion_tokens").asInt();
        }
        final JsonNode choice = event.path("choices").path(0);
        if (choice.isMissingNode()) {
            return;
        }
        final String part = choice.path("text").asText("") + delta(choice.path("delta"));
        finished |= choice.hasNonNull("finish_reason");
        if (!part.isEmpty()) {
            tokenNs[tokenEvents++] = stampNs;
            text.append(part);
        }
        if (!part.isEmpty() || choice.hasNonNull("finish_reason")) {
            lastChoiceNs = stampNs;
        }
    }

    /** Reasoning counts as text: its tokens are generated and paid for all the same. */
    private static String delta(final JsonNode delta) {
        return textOf(delta, "reasoning_content") + textOf(delta, "content")
            + (delta.hasNonNull("tool_calls") ? delta.get("tool_calls").toString() : "");
    }

    private static String textOf(final JsonNode node, final String field) {
        return node.path(field).isTextual() ? node.get(field).textValue() : "";
    }

    /** The message of an error body, or the body itself. */
    static String message(final JsonNode body, final String otherwise) {
        final JsonNode message = body.path("error").path("message");
        return message.isTextual() ? message.textValue() : body.path("error").isTextual()
            ? body.get("error").textValue() : otherwise.strip();
    }

    long[] tokenNs() {
        return Arrays.copyOf(tokenNs, tokenEvents);
    }

    long lastChoiceNs() {
        return lastChoiceNs;
    }

    int promptTokens() {
        return promptTokens;
    }

    /** By the server's count, else one for each event with text. */
    int outputTokens() {
        return outputTokens >= 0 ? outputTokens : tokenEvents;
    }

    String text() {
        return text.toString();
    }

    /** Why it is not a whole answer; empty if it is one. */
    String error() {
        if (!error.isEmpty()) {
            return error;
        }
        if (lastChoiceNs == 0) {
            return "the stream ended without a token";
        }
        return finished ? "" : "the stream broke off after " + tokenEvents + " events";
    }
}
