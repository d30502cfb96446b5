package dev.convoke.checkpoint.gguf;

import java.util.List;
import java.util.function.BiConsumer;

/** Writes key-value pairs, each value of the type that readers of GGUF expect for it. */
final class MetadataWriter {
    private static final int UNSIGNED = 4;
    private static final int SIGNED = 5;
    private static final int DECIMAL = 6;
    private static final int FLAG = 7;
    private static final int TEXT = 8;
    private static final int ARRAY = 9;

    private final HeaderBytes bytes = new HeaderBytes();
    private int pairs;

    int pairs() {
        return pairs;
    }

    HeaderBytes bytes() {
        return bytes;
    }

    void text(final String key, final String value) {
        begin(key, TEXT).text(value);
    }

    /** A whole number from 0 on. */
    void number(final String key, final int value) {
        begin(key, UNSIGNED).int32(value);
    }

    /** Held in binary32. */
    void decimal(final String key, final double value) {
        begin(key, DECIMAL).int32(Float.floatToRawIntBits((float)value));
    }

    void flag(final String key, final boolean value) {
        begin(key, FLAG).int8(value ? 1 : 0);
    }

    void texts(final String key, final List<String> values) {
        list(key, TEXT, values, HeaderBytes::text);
    }

    void integers(final String key, final List<Integer> values) {
        list(key, SIGNED, values, HeaderBytes::int32);
    }

    void decimals(final String key, final List<Float> values) {
        list(key, DECIMAL, values, (to, value) -> to.int32(Float.floatToRawIntBits(value)));
    }

    private <T> void list(final String key, final int type, final List<T> values,
        final BiConsumer<HeaderBytes, T> write) {
        begin(key, ARRAY).int32(type).int64(values.size());
        values.forEach(value -> write.accept(bytes, value));
    }

    private HeaderBytes begin(final String key, final int type) {
        pairs++;
        return bytes.text(key).int32(type);
    }
}
