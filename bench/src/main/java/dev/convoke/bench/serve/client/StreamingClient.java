package dev.convoke.bench.serve.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.PreparedRequest;
import dev.convoke.bench.serve.RequestOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Asks an OpenAI-compatible server for streamed answers. Thread-safe. */
public final class StreamingClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_ERROR_BYTES = 64 * 1024;
    private static final int MOST_ERROR_CHARACTERS = 300;
    private static final long[] NO_TOKENS = {};

    private final HttpConnections connections;
    private final String route;
    private final RequestBody body;

    /** Sends bodies of one kind to one route. */
    public StreamingClient(final HttpConnections connections, final String route, final RequestBody body) {
        this.connections = connections;
        this.route = route;
        this.body = body;
    }

    /** The request as bytes. */
    public PreparedRequest prepare(final LoadRequest request) {
        final byte[] bytes = connections.server().request(route, body.bytes(request));
        return intendedNs -> send(bytes, request.prompt().tokens(), intendedNs);
    }

    private RequestOutcome send(final byte[] request, final int expectedPromptTokens, final long intendedNs) {
        final long sentNs = connections.clock().nanoTime();
        final EventLog log = new EventLog();
        HttpConnection connection = null;
        try {
            connection = connections.exchange(request);
            if (connection.status() != 200) {
                return failed(intendedNs, sentNs, NO_TOKENS, refusal(connection));
            }
            for (int bytes = connection.nextPiece(); bytes >= 0; bytes = connection.nextPiece()) {
                log.add(connection.buffer(), connection.pieceStart(), bytes, connection.stampNs());
            }
            connections.giveBack(connection);
        } catch (final IOException e) {
            if (connection != null) {
                connection.close();
            }
            return broken(log, intendedNs, sentNs, connections.describe(e));
        }
        final StreamedAnswer answer = new StreamedAnswer(log);
        if (!answer.error().isEmpty()) {
            return failed(intendedNs, sentNs, answer.tokenNs(), answer.error());
        }
        return new RequestOutcome(intendedNs, sentNs, answer.tokenNs(), answer.lastChoiceNs(),
            answer.promptTokens() > 0 ? answer.promptTokens() : expectedPromptTokens, answer.outputTokens(),
            answer.text(), "");
    }

    private RequestOutcome failed(final long intendedNs, final long sentNs, final long[] tokenNs, final String error) {
        return RequestOutcome.failed(intendedNs, sentNs, tokenNs, connections.clock().nanoTime(), error);
    }

    private RequestOutcome broken(final EventLog log, final long intendedNs, final long sentNs,
        final String reason) {
        final long[] tokenNs = new StreamedAnswer(log).tokenNs();
        return failed(intendedNs, sentNs, tokenNs,
            tokenNs.length == 0 ? reason : reason + ", after " + tokenNs.length + " events");
    }

    private String refusal(final HttpConnection connection) throws IOException {
        final String text = text(connection);
        connections.giveBack(connection);
        String message = text;
        try {
            message = StreamedAnswer.message(JSON.readTree(text), text);
        } catch (final IOException e) {
            // Not JSON: the text itself is the message.
            message = text.strip();
        }
        return connection.status() + ": "
            + message.substring(0, Math.min(message.length(), MOST_ERROR_CHARACTERS));
    }

    private static String text(final HttpConnection connection) throws IOException {
        final StringBuilder text = new StringBuilder();
        for (int bytes = connection.nextPiece(); bytes >= 0; bytes = connection.nextPiece()) {
            if (text.length() < MOST_ERROR_BYTES) {
                text.append(new String(connection.buffer(), connection.pieceStart(), bytes, StandardCharsets.UTF_8));
            }
        }
        return text.toString();
    }
}
