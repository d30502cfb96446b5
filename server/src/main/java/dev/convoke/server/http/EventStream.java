package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Server-sent events, each a line of JSON, flushed one by one. Thread-safe. The headers go out with the first. */
final class EventStream {
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.UTF_8);

    private static final byte[] PING = ": ping\n\n".getBytes(StandardCharsets.UTF_8);

    private final ServerResponse response;
    private OutputStream output;
    private boolean ended;
    private volatile long lastWriteNs = System.nanoTime();

    EventStream(final ServerResponse response) {
        this.response = response;
    }

    synchronized void send(final ObjectNode event) {
        write(Json.bytes(event));
    }

    /** The last event; the web server closes the stream. */
    synchronized void done() {
        write(DONE);
        ended = true;
    }

    /** Whether nothing has been written for so long. */
    boolean isSilentFor(final long silenceNs) {
        return System.nanoTime() - lastWriteNs >= silenceNs;
    }

    /** A comment, if nothing has been written for so long: proxies and clients see that the server is alive. */
    synchronized void pingAfter(final long silenceNs) {
        if (!ended && System.nanoTime() - lastWriteNs >= silenceNs) {
            begin();
            writeOut(PING);
        }
    }

    /** Nothing more may be written: the request's thread is done. */
    synchronized void end() {
        ended = true;
    }

    /** Whether the headers have gone out, so that the status cannot change any more. */
    synchronized boolean hasBegun() {
        return output != null;
    }

    private void write(final byte[] data) {
        begin();
        writeOut(DATA, data, END_OF_EVENT);
    }

    private void begin() {
        if (output == null) {
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
            response.header(HeaderNames.CACHE_CONTROL, "no-cache");
            output = response.outputStream();
        }
    }

    private void writeOut(final byte[]... pieces) {
        lastWriteNs = System.nanoTime();
        try {
            for (final byte[] piece : pieces) {
                output.write(piece);
            }
            output.flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
