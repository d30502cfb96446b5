package dev.convoke.checkpoint.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Grows the bytes of a file's header; the counterpart of {@link GgufCursor}. Little-endian. */
final class HeaderBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    long length() {
        return bytes.size();
    }

    byte[] toArray() {
        return bytes.toByteArray();
    }

    HeaderBytes int8(final int value) {
        bytes.write(value);
        return this;
    }

    HeaderBytes int32(final int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            bytes.write(value >>> shift);
        }
        return this;
    }

    HeaderBytes int64(final long value) {
        return int32((int)value).int32((int)(value >>> Integer.SIZE));
    }

    HeaderBytes text(final String value) {
        final byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        int64(utf8.length);
        bytes.writeBytes(utf8);
        return this;
    }

    HeaderBytes append(final HeaderBytes other) {
        bytes.writeBytes(other.toArray());
        return this;
    }

    /** Zeroes up to a multiple of the alignment. */
    HeaderBytes align(final int alignment) {
        while (bytes.size() % alignment != 0) {
            bytes.write(0);
        }
        return this;
    }
}
