package dev.convoke.server;

import dev.convoke.decoder.GenerationRequest;
import java.io.IOException;
import java.io.OutputStream;

/** What is measured about requests, and a page that shows it with everything else. Thread-safe. */
public interface Metrics {
    /** Measures nothing and shows nothing. */
    Metrics NONE = new Metrics() {
    };

    /**
     * A request was handed to the decoder.
     *
     * @param n          sequences for each prompt
     * @param mostTokens of a sequence
     */
    default void onAccepted(final int n, final int mostTokens) {
    }

    /**
     * A sequence has ended.
     *
     * @param finishReason {@code stop}, {@code length}, {@code abort} or {@code error}
     */
    default void onFinished(final GenerationRequest request, final String finishReason) {
    }

    /** An HTTP request has been answered with a status. */
    default void onAnswer(final String route, final int status) {
    }

    /** The media type of the page for a client that accepts what its header says; the header may be null. */
    default String mediaType(final String accept) {
        return "text/plain";
    }

    /** Writes the page. */
    default void write(final String accept, final OutputStream out) throws IOException {
    }
}
