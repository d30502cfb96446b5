package dev.convoke.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;

/** JSON as trees: what is read is checked field by field, what is written keeps its order. */
final class Json {
    private static final int MOST_DEPTH = 100;
    private static final int MOST_STRING = 64 << 20;
    static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MOST_DEPTH)
                .maxStringLength(MOST_STRING).build()).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();

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

    /** The fields of the JSON object in a request's body. */
    static RequestFields read(final ServerRequest request) {
        if (!request.content().hasEntity()) {
            throw ApiException.malformed("The body is empty; send a JSON object.");
        }
        return new RequestFields(read(body(request)));
    }

    /** The web server has no exception of its own for a body that ends early or whose chunks are wrong. */
    private static byte[] body(final ServerRequest request) {
        try {
            return request.content().as(byte[].class);
        } catch (final RequestException | CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (final RuntimeException e) {
            throw ApiException.malformed("The body is not as long as the request says, or its chunks are damaged.");
        }
    }

    /** The JSON object in a body. */
    static ObjectNode read(final byte[] body) {
        final JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (final JsonProcessingException e) {
            final JsonLocation location = e.getLocation();
            throw ApiException.malformed("The body is not JSON: " + e.getOriginalMessage() + (location == null ? "."
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")."));
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
