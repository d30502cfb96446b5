package dev.convoke.checkpoint.gguf;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads metadata values as plain Java ones: {@code Long}, {@code Double}, {@code Boolean}, {@code String}, or a
 * {@code List} of one kind of these.
 */
final class GgufValue {
    private static final int MAX_ELEMENTS = 1 << 21;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    /** Least bytes of a value by type; 0 where there is no such type. */
    private static final int[] LEAST_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

    private GgufValue() {
    }

    /** A value with its type before it. */
    static Object read(final GgufCursor cursor, final String key) {
        final int type = type(cursor, key);
        if (type != ARRAY) {
            return scalar(cursor, type, key);
        }
        final int elementType = type(cursor, key);
        if (elementType == ARRAY) {
            throw cursor.damaged("nests arrays in '" + key + "', which no model does");
        }
        final int count = cursor.count("the elements of '" + key + "'", LEAST_BYTES[elementType], MAX_ELEMENTS);
        final List<Object> elements = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            elements.add(scalar(cursor, elementType, key));
        }
        return elements;
    }

    private static int type(final GgufCursor cursor, final String key) {
        final int type = cursor.int32("the type of '" + key + "'");
        if (type < 0 || type >= LEAST_BYTES.length) {
            throw cursor.damaged("gives '" + key + "' the unknown type " + Integer.toUnsignedString(type));
        }
        return type;
    }

    private static Object scalar(final GgufCursor cursor, final int type, final String key) {
        return switch (type) {
            case 0 -> (long)(cursor.int8(key) & 0xFF);
            case 1 -> (long)cursor.int8(key);
            case 2 -> (long)(cursor.int16(key) & 0xFFFF);
            case 3 -> (long)cursor.int16(key);
            case 4 -> cursor.int32(key) & 0xFFFF_FFFFL;
            case 5 -> (long)cursor.int32(key);
            case 6 -> (double)Float.intBitsToFloat(cursor.int32(key));
            case 7 -> cursor.int8(key) != 0;
            case STRING -> cursor.text("'" + key + "'");
            case 10, 11 -> cursor.int64(key);
            default -> Double.longBitsToDouble(cursor.int64(key));
        };
    }
}
