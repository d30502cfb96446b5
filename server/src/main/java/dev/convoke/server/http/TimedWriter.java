package dev.convoke.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;

/** Writes in pieces, each of which the client must take in time; what it has not taken by then is given up. */
final class TimedWriter implements DataWriter {
    /** A slow client may take long for a long answer, as long as it goes on reading. */
    private static final int PIECE_BYTES = 64 << 10;

    private final DataWriter actual;
    private final Deadlines deadlines;
    private final long limitNs;

    TimedWriter(final DataWriter actual, final Deadlines deadlines, final Duration limit) {
        this.actual = actual;
        this.deadlines = deadlines;
        this.limitNs = limit.toNanos();
    }

    @Override
    public void write(final BufferData... buffers) {
        writeNow(buffers);
    }

    @Override
    public void write(final BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(final BufferData... buffers) {
        writeNow(BufferData.create(buffers));
    }

    @Override
    public void writeNow(final BufferData buffer) {
        while (buffer.available() > PIECE_BYTES) {
            final byte[] piece = new byte[PIECE_BYTES];
            buffer.read(piece, 0, PIECE_BYTES);
            writePiece(BufferData.create(piece));
        }
        writePiece(buffer);
    }

    private void writePiece(final BufferData piece) {
        try (Deadlines.Wait _ = deadlines.begin(System.nanoTime() + limitNs)) {
            actual.writeNow(piece);
        }
    }

    @Override
    public void flush() {
        actual.flush();
    }

    @Override
    public void close() {
        actual.close();
    }
}
