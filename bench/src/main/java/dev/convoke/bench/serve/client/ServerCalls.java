package dev.convoke.bench.serve.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.serve.Tokenization;
import dev.convoke.core.ConvokeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** What a server is asked beside the load: its model and its tokenizer. Thread-safe. */
public final class ServerCalls implements Tokenization {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpConnections connections;

    /** Asks over these connections. */
    public ServerCalls(final HttpConnections connections) {
        this.connections = connections;
    }

    /** The first model that the server lists. */
    public String firstModel() {
        final String id = call("/v1/models", null, "give --model NAME").path("data").path(0).path("id").asText("");
        if (id.isEmpty()) {
            throw new ConvokeException("The server at " + connections.server() + " lists no model; give --model NAME.");
        }
        return id;
    }

    @Override
    public int[] encode(final String text, final boolean addSpecialTokens) {
        final ObjectNode request = JSON.createObjectNode().put("prompt", text)
            .put("add_special_tokens", addSpecialTokens);
        final JsonNode tokens = call("/tokenize", request, "give --tokenizer DIR").path("tokens");
        final int[] ids = new int[tokens.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = tokens.get(i).asInt();
        }
        return ids;
    }

    @Override
    public String decode(final int[] ids) {
        final ObjectNode request = JSON.createObjectNode();
        final ArrayNode tokens = request.putArray("tokens");
        for (final int id : ids) {
            tokens.add(id);
        }
        return call("/detokenize", request, "give --tokenizer DIR").path("prompt").asText();
    }

    private JsonNode call(final String route, final ObjectNode body, final String remedy) {
        final String failure;
        try {
            final byte[] bytes = body == null ? null : JSON.writeValueAsBytes(body);
            final HttpConnection connection = connections.exchange(connections.server().request(route, bytes));
            final ByteArrayOutputStream answer = new ByteArrayOutputStream();
            for (int n = connection.nextPiece(); n >= 0; n = connection.nextPiece()) {
                answer.write(connection.buffer(), connection.pieceStart(), n);
            }
            connections.giveBack(connection);
            if (connection.status() == 200) {
                return JSON.readTree(answer.toByteArray());
            }
            failure = "answered " + connection.status() + " to " + route + "; " + remedy
                + (connection.status() == 401 ? " or a key with --api-key" : "");
        } catch (final IOException e) {
            throw new ConvokeException("The server at " + connections.server() + " does not answer " + route + ": "
                + connections.describe(e) + "; start it, or give --base-url.", e);
        }
        throw new ConvokeException("The server at " + connections.server() + " " + failure + ".");
    }
}
