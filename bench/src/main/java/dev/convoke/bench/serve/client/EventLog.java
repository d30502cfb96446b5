package dev.convoke.bench.serve.client;

import java.util.Arrays;

/**
 * The {@code data} lines of an event stream, each with the stamp of the read that brought its end. Only finds line ends
 * while the answer comes; everything else is for later. Not thread-safe.
 */
final class EventLog {
    private byte[] bytes = new byte[4096];
    private int length;
    private int lineStart;
    private int[] starts = new int[64];
    private int[] ends = new int[64];
    private long[] stampsNs = new long[64];
    private int count;

    void add(final byte[] source, final int offset, final int size, final long stampNs) {
        if (length + size > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + size));
        }
        System.arraycopy(source, offset, bytes, length, size);
        for (final int end = length + size; length < end; length++) {
            if (bytes[length] == '\n') {
                onLine(lineStart, length > lineStart && bytes[length - 1] == '\r' ? length - 1 : length, stampNs);
                lineStart = length + 1;
            }
        }
    }

    private void onLine(final int from, final int to, final long stampNs) {
        if (to - from < 5 || bytes[from] != 'd' || bytes[from + 1] != 'a' || bytes[from + 2] != 't'
            || bytes[from + 3] != 'a' || bytes[from + 4] != ':') {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
            stampsNs = Arrays.copyOf(stampsNs, count * 2);
        }
        starts[count] = from + 5;
        ends[count] = to;
        stampsNs[count++] = stampNs;
    }

    byte[] bytes() {
        return bytes;
    }

    int count() {
        return count;
    }

    /** Where the value of a line begins in {@link #bytes()}. */
    int start(final int line) {
        return starts[line];
    }

    /** Where it ends. */
    int end(final int line) {
        return ends[line];
    }

    long stampNs(final int line) {
        return stampsNs[line];
    }
}
