package dev.convoke.bench.serve.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.core.ConfigurationException;

/**
 * JSON of requests, all alike but for prompt and length.
 *
 * @param chat   whether prompts are messages of a chat
 * @param common fields that every request has: the model, sampling, what the user adds
 */
public record RequestBody(boolean chat, ObjectNode common) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The body of one request, streamed and with usage. The user's own fields win. */
    byte[] bytes(final LoadRequest request) {
        final ObjectNode body = JSON.createObjectNode();
        if (chat) {
            if (request.prompt().text() == null) {
                throw new ConfigurationException("A chat cannot be asked with token ids; give --prompt-form text.");
            }
            body.putArray("messages").addObject().put("role", "user").put("content", request.prompt().text());
            body.put("max_completion_tokens", request.outputTokens());
        } else {
            putPrompt(body, request);
            body.put("max_tokens", request.outputTokens());
        }
        body.put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        body.setAll(common);
        try {
            return JSON.writeValueAsBytes(body);
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void putPrompt(final ObjectNode body, final LoadRequest request) {
        if (request.prompt().ids() == null) {
            body.put("prompt", request.prompt().text());
            return;
        }
        final ArrayNode ids = body.putArray("prompt");
        for (final int id : request.prompt().ids()) {
            ids.add(id);
        }
    }
}
