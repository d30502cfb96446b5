package dev.convoke.decoder.trace;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A trace that goes into a stream, which stays its owner's to close. */
public final class StreamDestination implements TraceTransfer.Destination {
    private final OutputStream stream;
    private byte[] copy = {};

    public StreamDestination(final OutputStream stream) {
        this.stream = stream;
    }

    @Override
    public void write(final ByteBuffer piece) throws IOException {
        final int length = piece.remaining();
        if (copy.length < length) {
            copy = new byte[2 * length];
        }
        piece.get(copy, 0, length);
        stream.write(copy, 0, length);
    }

    @Override
    public void flush() throws IOException {
        stream.flush();
    }
}
