package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.convoke.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the table at the head of a safetensors file: a JSON object from tensor name to dtype, shape and byte range.
 * As the format demands, the ranges in ascending order start at 0, neither overlap nor leave gaps, and end where the
 * file does. A dtype that is not known is accepted here; its size cannot be checked.
 */
final class SafetensorsHeader {
    /** The format's own limit. */
    static final int MAX_BYTES = 100_000_000;
    private static final int MAX_DIMENSIONS = 16;
    private static final String REMEDY = "; the file is damaged, download it again.";
    private static final JsonFactory FACTORY = JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).maxNumberLength(20)
            .maxNameLength(4096).maxStringLength(16 << 20).maxDocumentLength(MAX_BYTES).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .build();

    private final Path file;
    private final Map<String, SafetensorsEntry> entries = new LinkedHashMap<>();

    private SafetensorsHeader(final Path file) {
        this.file = file;
    }

    /**
     * Parses and checks a header.
     *
     * @param file      for messages
     * @param header    the JSON bytes, padding included
     * @param dataBytes bytes of the file after the header
     */
    static Map<String, SafetensorsEntry> parse(final Path file, final byte[] header, final long dataBytes) {
        final SafetensorsHeader reader = new SafetensorsHeader(file);
        if (header.length == 0 || header[0] != '{') {
            throw new CheckpointException(file + " has no safetensors header; it is another kind of file or damaged, "
                + "download it again.");
        }
        try (JsonParser json = FACTORY.createParser(header)) {
            reader.parseTable(json);
        } catch (final IOException e) {
            throw new CheckpointException(file + " has a safetensors header that is not valid JSON ("
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ")" + REMEDY, e);
        }
        reader.checkRanges(dataBytes);
        return reader.entries;
    }

    private void parseTable(final JsonParser json) throws IOException {
        json.nextToken();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            final String name = json.currentName();
            expect(json.nextToken(), JsonToken.START_OBJECT, name, "entry");
            if (name.equals("__metadata__")) {
                json.skipChildren();
            } else {
                entries.put(name, parseEntry(json, name));
            }
        }
        if (json.nextToken() != null) {
            throw new CheckpointException(file + " has more than one JSON value in its safetensors header" + REMEDY);
        }
    }

    private SafetensorsEntry parseEntry(final JsonParser json, final String name) throws IOException {
        String dtype = null;
        long[] shape = null;
        long[] range = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            final String key = json.currentName();
            final JsonToken value = json.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(value, JsonToken.VALUE_STRING, name, key);
                    dtype = json.getText();
                }
                case "shape" -> shape = parseLongs(json, name, key);
                case "data_offsets" -> range = parseLongs(json, name, key);
                default -> json.skipChildren();
            }
        }
        if (dtype == null || shape == null || range == null || range.length != 2) {
            throw damaged(name, "does not have a dtype, a shape and two data_offsets");
        }
        final SafetensorsEntry entry = new SafetensorsEntry(name, dtype, shape, range[0], range[1]);
        if (entry.end() < entry.begin()) {
            throw damaged(name, "ends at byte " + entry.end() + " before it begins at " + entry.begin());
        }
        checkSize(entry);
        return entry;
    }

    private long[] parseLongs(final JsonParser json, final String name, final String key) throws IOException {
        expect(json.currentToken(), JsonToken.START_ARRAY, name, key);
        final long[] values = new long[MAX_DIMENSIONS];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, name, key);
            if (count == MAX_DIMENSIONS) {
                throw damaged(name, "has more than " + MAX_DIMENSIONS + " numbers in its " + key);
            }
            values[count] = json.getLongValue();
            if (values[count] < 0) {
                throw damaged(name, "has a negative number in its " + key);
            }
            count++;
        }
        return Arrays.copyOf(values, count);
    }

    private void checkSize(final SafetensorsEntry entry) {
        if (entry.elementBytes().isEmpty()) {
            return;
        }
        long bytes = entry.elementBytes().getAsInt();
        try {
            for (final long extent : entry.shape()) {
                bytes = Math.multiplyExact(bytes, extent);
            }
        } catch (final ArithmeticException e) {
            throw new CheckpointException(damaged(entry.name(), "has the impossible shape "
                + entry.shapeText()).getMessage(), e);
        }
        if (bytes != entry.bytes()) {
            throw damaged(entry.name(), "of shape " + entry.shapeText() + " and dtype " + entry.dtype() + " needs "
                + bytes + " bytes but has " + entry.bytes());
        }
    }

    private void checkRanges(final long dataBytes) {
        final List<SafetensorsEntry> ordered = new ArrayList<>(entries.values());
        ordered.sort(Comparator.comparingLong(SafetensorsEntry::begin).thenComparingLong(SafetensorsEntry::end));
        long position = 0;
        for (final SafetensorsEntry entry : ordered) {
            if (entry.begin() != position) {
                throw damaged(entry.name(), entry.begin() < position ? "overlaps the one before it"
                    : "leaves a gap of " + (entry.begin() - position) + " bytes before it");
            }
            if (entry.end() > dataBytes) {
                throw new CheckpointException(file + " is truncated: tensor '" + entry.name() + "' ends "
                    + (entry.end() - dataBytes) + " bytes after the file does; download it again.");
            }
            position = entry.end();
        }
        if (position != dataBytes) {
            throw new CheckpointException(file + " has " + (dataBytes - position)
                + " bytes that belong to no tensor" + REMEDY);
        }
    }

    private void expect(final JsonToken found, final JsonToken expected, final String name, final String key) {
        if (found != expected) {
            throw damaged(name, "has a wrong " + key + " in the header");
        }
    }

    private CheckpointException damaged(final String name, final String problem) {
        return new CheckpointException(file + ": tensor '" + name + "' " + problem + REMEDY);
    }
}
