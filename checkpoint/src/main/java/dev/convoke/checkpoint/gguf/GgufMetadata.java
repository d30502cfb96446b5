package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The key-value pairs of a file. Every reader checks type and range and names file and key when they are wrong. */
final class GgufMetadata {
    private static final int MAX_PAIRS = 1 << 16;
    private static final int LEAST_PAIR_BYTES = 13;

    private final Path file;
    private final Map<String, Object> values;

    private GgufMetadata(final Path file, final Map<String, Object> values) {
        this.file = file;
        this.values = values;
    }

    /** Reads so many pairs. */
    static GgufMetadata read(final Path file, final GgufCursor cursor, final int pairs) {
        final Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < pairs; i++) {
            final String key = cursor.text("metadata key " + i);
            if (values.put(key, GgufValue.read(cursor, key)) != null) {
                throw cursor.damaged("gives '" + key + "' twice");
            }
        }
        return new GgufMetadata(file, values);
    }

    static int count(final GgufCursor cursor) {
        return cursor.count("the number of metadata pairs", LEAST_PAIR_BYTES, MAX_PAIRS);
    }

    Path file() {
        return file;
    }

    boolean has(final String key) {
        return values.containsKey(key);
    }

    /** Text that must be there. */
    String requiredText(final String key) {
        return text(key).orElseThrow(() -> missing(key));
    }

    Optional<String> text(final String key) {
        return value(key, String.class, "a string");
    }

    Optional<Boolean> flag(final String key) {
        return value(key, Boolean.class, "true or false");
    }

    /** A whole number that must be there. */
    int integer(final String key, final int least, final int most) {
        return optionalInteger(key, least, most).orElseThrow(() -> missing(key));
    }

    /** A whole number that may be absent. */
    OptionalInt optionalInteger(final String key, final int least, final int most) {
        final Optional<Long> number = value(key, Long.class, "a whole number");
        if (number.isEmpty()) {
            return OptionalInt.empty();
        }
        if (number.get() < least || number.get() > most) {
            throw wrong(key, "a whole number from " + least + " to " + most);
        }
        return OptionalInt.of(number.get().intValue());
    }

    /** A number above 0 that may be absent. */
    Optional<Double> optionalPositive(final String key, final double most) {
        return value(key, Double.class, "a decimal number").map(number -> {
            if (!(number > 0 && number <= most)) {
                throw wrong(key, "a number above 0 and up to " + most);
            }
            return number;
        });
    }

    /** A list of texts that must be there. */
    List<String> texts(final String key) {
        return list(key, String.class, "a list of strings").orElseThrow(() -> missing(key));
    }

    /** A list of decimal numbers that may be absent. */
    Optional<List<Double>> decimals(final String key) {
        return list(key, Double.class, "a list of decimal numbers");
    }

    /** A list of whole numbers that may be absent. */
    Optional<List<Long>> integers(final String key) {
        return list(key, Long.class, "a list of whole numbers");
    }

    /** An error about a key of this file. */
    CheckpointException error(final String key, final String problem) {
        return new CheckpointException(file + ": '" + key + "' " + problem);
    }

    private <T> Optional<T> value(final String key, final Class<T> type, final String expected) {
        final Object value = values.get(key);
        if (value != null && !type.isInstance(value)) {
            throw wrong(key, expected);
        }
        return Optional.ofNullable(type.cast(value));
    }

    private <T> Optional<List<T>> list(final String key, final Class<T> type, final String expected) {
        final Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof final List<?> elements) || !elements.stream().allMatch(type::isInstance)) {
            throw wrong(key, expected);
        }
        return Optional.of(elements.stream().map(type::cast).toList());
    }

    private CheckpointException wrong(final String key, final String expected) {
        final Object value = values.get(key);
        final String found = value instanceof List ? "a list" : String.valueOf(value);
        return error(key, "must be " + expected + ", but is "
            + (found.length() <= 60 ? found : found.substring(0, 60) + "...") + "; download the file again.");
    }

    private CheckpointException missing(final String key) {
        return error(key, "is missing; download the file again or convert the model anew.");
    }
}
