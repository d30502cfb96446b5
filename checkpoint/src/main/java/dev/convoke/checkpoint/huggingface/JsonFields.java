package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.convoke.checkpoint.CheckpointException;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One object of a JSON file. Every reader checks type and range and names file and key when they are wrong; a key
 * whose value is null counts as absent, as it does where these files come from.
 */
final class JsonFields {
    private static final long MAX_FILE_BYTES = 64L << 20;
    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
        .maxNestingDepth(64).maxNumberLength(100).maxNameLength(4096).maxStringLength(16 << 20)
        .maxDocumentLength(MAX_FILE_BYTES).build();
    private static final JsonMapper MAPPER = JsonMapper.builder(
            JsonFactory.builder().streamReadConstraints(CONSTRAINTS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();

    private final Path file;
    private final String prefix;
    private final JsonNode object;

    private JsonFields(final Path file, final String prefix, final JsonNode object) {
        this.file = file;
        this.prefix = prefix;
        this.object = object;
    }

    /** Reads a file that must be there. */
    static JsonFields read(final Path file) {
        return readIfPresent(file).orElseThrow(() -> new CheckpointException("There is no " + file
            + "; a model directory in Hugging Face layout holds one, so check the path or download it again."));
    }

    /** Reads a file that may be missing. */
    static Optional<JsonFields> readIfPresent(final Path file) {
        try {
            if (Files.exists(file) && Files.size(file) > MAX_FILE_BYTES) {
                throw new CheckpointException(file + " is larger than " + (MAX_FILE_BYTES >> 20)
                    + " MiB, which no such file is; download it again.");
            }
            final JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
            if (!node.isObject()) {
                throw new CheckpointException(file + " must hold a JSON object, but "
                    + (node.isMissingNode() ? "is empty" : "holds " + describe(node)) + "; download it again.");
            }
            return Optional.of(new JsonFields(file, "", node));
        } catch (final NoSuchFileException e) {
            return Optional.empty();
        } catch (final IOException e) {
            throw unreadable(file, e);
        }
    }

    /** What to say of a file that cannot be read or parsed. */
    static CheckpointException unreadable(final Path file, final IOException cause) {
        if (cause instanceof final JsonProcessingException json) {
            final var location = json.getLocation();
            final String where = location == null || !(json instanceof JsonParseException)
                ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
            return new CheckpointException(file + " is not valid JSON" + where + " ("
                + json.getOriginalMessage().lines().findFirst().orElse("") + "); download it again.", cause);
        }
        if (cause instanceof CharConversionException) {
            return new CheckpointException(file + " is not UTF-8; download it again.", cause);
        }
        return new CheckpointException("Cannot read " + file + ": " + cause + "; check the file and its permissions.",
            cause);
    }

    Path file() {
        return file;
    }

    /** Whether the key has a value other than null. */
    boolean has(final String key) {
        return object.hasNonNull(key);
    }

    /** A nested object. */
    Optional<JsonFields> object(final String key) {
        return value(key, JsonNodeType.OBJECT, "an object")
            .map(node -> new JsonFields(file, prefix + key + ".", node));
    }

    /** A whole number that must be there. */
    int integer(final String key, final int least, final int most) {
        return optionalInteger(key, least, most).orElseThrow(() -> missing(key));
    }

    /** A whole number that may be absent. */
    OptionalInt optionalInteger(final String key, final int least, final int most) {
        final JsonNode node = object.get(key);
        if (node == null || node.isNull()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(integer(key, node, least, most));
    }

    /** A number above 0 that must be there. */
    double positive(final String key, final double most) {
        return optionalPositive(key, most).orElseThrow(() -> missing(key));
    }

    /** A number above 0 that may be absent. */
    Optional<Double> optionalPositive(final String key, final double most) {
        return optionalDecimal(key, Double.MIN_VALUE, most, "a number above 0 and up to " + most);
    }

    /** A number from {@code least} to {@code most} that may be absent. */
    Optional<Double> optionalDecimal(final String key, final double least, final double most) {
        return optionalDecimal(key, least, most, "a number from " + least + " to " + most);
    }

    private Optional<Double> optionalDecimal(final String key, final double least, final double most,
        final String expected) {
        return value(key, JsonNodeType.NUMBER, expected).map(node -> {
            if (node.doubleValue() >= least && node.doubleValue() <= most) {
                return node.doubleValue();
            }
            throw wrong(key, expected, node);
        });
    }

    Optional<String> text(final String key) {
        return value(key, JsonNodeType.STRING, "a string").map(JsonNode::textValue);
    }

    Optional<Boolean> flag(final String key) {
        return value(key, JsonNodeType.BOOLEAN, "true or false").map(JsonNode::booleanValue);
    }

    /** Whole numbers, written as a list or as one number; empty where absent. */
    int[] integers(final String key, final int least, final int most) {
        final JsonNode node = object.get(key);
        if (node == null || node.isNull()) {
            return new int[0];
        }
        if (!node.isArray()) {
            return new int[] {integer(key, node, least, most)};
        }
        final int[] numbers = new int[node.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = integer(key, node.get(i), least, most);
        }
        return numbers;
    }

    /** The raw value; for keys whose form varies. */
    Optional<JsonNode> node(final String key) {
        return object.hasNonNull(key) ? Optional.of(object.get(key)) : Optional.empty();
    }

    /** All fields in the file's order. */
    Iterator<Map.Entry<String, JsonNode>> entries() {
        return object.properties().iterator();
    }

    /** An error about a key of this file. */
    CheckpointException error(final String key, final String problem) {
        return new CheckpointException(file + ": '" + prefix + key + "' " + problem);
    }

    /** An error about a value that is not what it must be. */
    CheckpointException wrong(final String key, final String expected, final JsonNode found) {
        return error(key, "must be " + expected + ", but is " + describe(found) + ".");
    }

    private int integer(final String key, final JsonNode node, final int least, final int most) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < least || node.intValue() > most) {
            throw wrong(key, "a whole number from " + least + " to " + most, node);
        }
        return node.intValue();
    }

    private Optional<JsonNode> value(final String key, final JsonNodeType type, final String expected) {
        final JsonNode node = object.get(key);
        if (node == null || node.isNull()) {
            return Optional.empty();
        }
        if (node.getNodeType() != type) {
            throw wrong(key, expected, node);
        }
        return Optional.of(node);
    }

    private CheckpointException missing(final String key) {
        return error(key, "is missing; download the file again or add it.");
    }

    private static String describe(final JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT, ARRAY -> "an " + node.getNodeType().name().toLowerCase(Locale.ROOT);
            case STRING -> "the string '" + abbreviated(node.textValue()) + "'";
            default -> abbreviated(node.asText());
        };
    }

    private static String abbreviated(final String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
