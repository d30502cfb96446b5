package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads a file's header from front to back; everything is checked against the end of the file first. */
final class GgufCursor {
    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
        ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int MAX_TEXT_BYTES = 16 << 20;

    private final Path path;
    private final MemorySegment bytes;
    private long position;

    GgufCursor(final Path path, final MemorySegment bytes) {
        this.path = path;
        this.bytes = bytes;
    }


    long position() {
        return position;
    }

    long left() {
        return bytes.byteSize() - position;
    }

    byte int8(final String what) {
        return bytes.get(ValueLayout.JAVA_BYTE, take(Byte.BYTES, what));
    }

    short int16(final String what) {
        return bytes.get(SHORT, take(Short.BYTES, what));
    }

    int int32(final String what) {
        return bytes.get(INT, take(Integer.BYTES, what));
    }

    long int64(final String what) {
        return bytes.get(LONG, take(Long.BYTES, what));
    }

    /**
     * A count of things that follow.
     *
     * @param leastBytes that each of them takes
     * @param most       that make sense
     */
    int count(final String what, final int leastBytes, final int most) {
        final long count = int64(what);
        if (count < 0 || count > most || count > left() / leastBytes) {
            throw damaged("gives " + what + " as " + Long.toUnsignedString(count) + " at byte "
                + (position - Long.BYTES) + ", which " + (count < 0 || count > most ? "is impossible"
                : "is more than the file has bytes for"));
        }
        return (int)count;
    }

    String text(final String what) {
        final int length = count("the length of " + what, 1, MAX_TEXT_BYTES);
        final long at = take(length, what);
        return new String(bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    CheckpointException damaged(final String problem) {
        return new CheckpointException(path + " " + problem + "; the file is damaged, download it again.");
    }

    private long take(final long length, final String what) {
        if (length > left()) {
            throw new CheckpointException(path + " is truncated: it ends at byte " + bytes.byteSize() + " within "
                + what + "; download it again.");
        }
        final long at = position;
        position += length;
        return at;
    }
}
