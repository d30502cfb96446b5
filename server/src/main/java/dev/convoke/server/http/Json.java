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
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpMediaType;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * JSON as trees: what is read is checked field by field, what is written keeps its order. Reading is strict: UTF-8, one
 * object, no name twice, whole characters, numbers that 64-bit floating point can hold, bounded depth and lengths.
 */
final class Json {
    private static final int MOST_DEPTH = 100;
    private static final int MOST_DIGITS = 100;
    private static final int MOST_NAME = 1024;
    private static final int MOST_STRING = 64 << 20;
    /** Names come from clients: a table of those seen would only grow. */
    static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MOST_DEPTH)
                .maxNumberLength(MOST_DIGITS).maxNameLength(MOST_NAME).maxStringLength(MOST_STRING).build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build())
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

    /** The fields of the JSON object in a request's body; 415 where the request says that it holds something else. */
    static RequestFields read(final ServerRequest request) {
        requireJson(request);
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

    private static void requireJson(final ServerRequest request) {
        final String given = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("application/json");
        boolean json = false;
        try {
            final HttpMediaType type = HttpMediaType.create(given);
            final String subtype = type.subtype().toLowerCase(Locale.ROOT);
            json = "application".equalsIgnoreCase(type.type())
                && (subtype.equals("json") || subtype.endsWith("+json"))
                && type.charset().map("utf-8"::equalsIgnoreCase).orElse(true);
        } catch (final IllegalArgumentException e) {
            // What cannot be read is no JSON either.
        }
        if (!json) {
            throw ApiException.notJson(given);
        }
    }

    /** The JSON object in a body. */
    static ObjectNode read(final byte[] body) {
        final JsonNode node;
        try {
            node = MAPPER.readTree(text(body));
        } catch (final JsonProcessingException e) {
            final JsonLocation location = e.getLocation();
            throw ApiException.malformed("The body is not JSON: " + wholeCharacters(e.getOriginalMessage())
                + (location == null ? "."
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")."));
        }
        if (!(node instanceof ObjectNode object)) {
            throw ApiException.malformed("The body must be a JSON object.");
        }
        requireUsable(object);
        return object;
    }

    private static String text(final byte[] body) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
        } catch (final CharacterCodingException e) {
            throw ApiException.malformed("The body is not UTF-8; encode it so.");
        }
    }

    /** A parser's message may quote half a character, which cannot be sent back. */
    private static String wholeCharacters(final String message) {
        return new String(message.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** All the way down, since every value may reach a template or an answer. */
    private static void requireUsable(final JsonNode node) {
        if (node.isTextual()) {
            requireWholeCharacters(node.textValue());
        } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            throw ApiException.malformed("The body holds a number beyond the range of 64-bit floating point.");
        } else if (node.isObject()) {
            node.properties().forEach(field -> {
                requireWholeCharacters(field.getKey());
                requireUsable(field.getValue());
            });
        } else if (node.isArray()) {
            node.forEach(Json::requireUsable);
        }
    }

    private static void requireWholeCharacters(final String text) {
        for (int i = 0; i < text.length(); i++) {
            final boolean paired = i + 1 < text.length()
                && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
            if (!paired && Character.isSurrogate(text.charAt(i))) {
                throw ApiException.malformed("The body holds \\u" + Integer.toHexString(text.charAt(i))
                    + ", which is half of a surrogate pair; send whole characters.");
            }
            i += paired ? 1 : 0;
        }
    }

    /** Logarithms can be infinite or unknown, which JSON cannot say. */
    static JsonNode number(final float value) {
        return Float.isFinite(value) ? JsonNodeFactory.instance.numberNode(value)
            : value < 0 ? JsonNodeFactory.instance.numberNode(-9999.0f) : JsonNodeFactory.instance.nullNode();
    }
}
