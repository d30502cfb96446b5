package dev.convoke.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** JSON as trees: what is read is checked field by field, what is written keeps its order. */
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    static byte[] bytes(final JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (final JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JSON object in a request's body. */
    static ObjectNode read(final byte[] body) {
        final JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (final JsonProcessingException e) {
            throw ApiException.malformed("The body is not JSON: " + e.getOriginalMessage() + " (line "
                + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ").");
        } catch (final IOException e) {
            throw ApiException.malformed("The body is not JSON: " + e.getMessage());
        }
        if (!(node instanceof ObjectNode object)) {
            throw ApiException.malformed("The body must be a JSON object.");
        }
        return object;
    }

    /** Logarithms can be infinite or unknown, which JSON cannot say. */
    static JsonNode number(final float value) {
        return Float.isFinite(value) ? JsonNodeFactory.instance.numberNode(value)
            : value < 0 ? JsonNodeFactory.instance.numberNode(-9999.0f) : JsonNodeFactory.instance.nullNode();
    }
}
