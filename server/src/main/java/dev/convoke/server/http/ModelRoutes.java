package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.ServedModel;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** {@code GET /v1/models} and {@code GET /v1/models/NAME}. */
final class ModelRoutes {
    private final ServedModel model;

    ModelRoutes(final ServedModel model) {
        this.model = model;
    }

    void list(final ServerRequest request, final ServerResponse response) {
        final ObjectNode body = Json.object();
        body.put("object", "list");
        body.putArray("data").add(description());
        Answers.send(response, 200, body);
    }

    void one(final ServerRequest request, final ServerResponse response) {
        final String wanted = request.path().pathParameters().get("model");
        if (!wanted.equals(model.id())) {
            throw ApiException.unknownModel(wanted, model.id());
        }
        Answers.send(response, 200, description());
    }

    private ObjectNode description() {
        final ObjectNode node = Json.object();
        node.put("id", model.id());
        node.put("object", "model");
        node.put("created", model.createdEpochSeconds());
        node.put("owned_by", "convoke");
        node.put("max_model_len", model.maxSequenceTokens());
        return node;
    }
}
