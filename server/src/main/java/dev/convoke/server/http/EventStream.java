package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.sse.SseEvent;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.sse.SseSink;
import java.nio.charset.StandardCharsets;

/** Server-sent events, each a line of JSON, flushed one by one. Thread-safe. The headers go out with the first. */
final class EventStream {
    private static final String DONE = "[DONE]";

    private final ServerResponse response;
    private SseSink sink;

    EventStream(final ServerResponse response) {
        this.response = response;
    }

    synchronized void send(final ObjectNode event) {
        emit(new String(Json.bytes(event), StandardCharsets.UTF_8));
    }

    /** The last event, and the end of the answer: the client need not wait for this request's thread. */
    synchronized void done() {
        emit(DONE);
        sink.close();
    }

    /** Whether the headers have gone out, so that the status cannot change any more. */
    synchronized boolean hasBegun() {
        return sink != null;
    }

    private void emit(final String line) {
        if (sink == null) {
            sink = response.sink(SseSink.TYPE);
        }
        // The space is not part of the data; plain clients look for it.
        sink.emit(SseEvent.create(" " + line));
    }
}
