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

    private final ServerResponse response;
    private OutputStream output;

    EventStream(final ServerResponse response) {
        this.response = response;
    }

    synchronized void send(final ObjectNode event) {
        write(Json.bytes(event));
    }

    /** The last event; the web server closes the stream. */
    synchronized void done() {
        write(DONE);
    }

    /** Whether the headers have gone out, so that the status cannot change any more. */
    synchronized boolean hasBegun() {
        return output != null;
    }

    private void write(final byte[] data) {
        if (output == null) {
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
            response.header(HeaderNames.CACHE_CONTROL, "no-cache");
            output = response.outputStream();
        }
        try {
            output.write(DATA);
            output.write(data);
            output.write(END_OF_EVENT);
            output.flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
