package dev.convoke.bench.serve.client;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.agrona.concurrent.NanoClock;

/** Open connections to one server, of which the latest used is used first. Thread-safe. */
public final class HttpConnections implements Closeable {
    private final ServerAddress server;
    private final NanoClock clock;
    private final ConcurrentLinkedDeque<HttpConnection> idle = new ConcurrentLinkedDeque<>();

    /**
     * None as yet.
     *
     * @param clock read once after each read of a socket, for what it brought
     */
    public HttpConnections(final ServerAddress server, final NanoClock clock) {
        this.server = server;
        this.clock = clock;
    }

    ServerAddress server() {
        return server;
    }

    NanoClock clock() {
        return clock;
    }

    /** Sends a request on an idle connection or a new one; the answer's head is read. Give the connection back. */
    HttpConnection exchange(final byte[] request) throws IOException {
        for (HttpConnection reused = idle.pollFirst(); reused != null; reused = idle.pollFirst()) {
            try {
                reused.exchange(request);
                return reused;
            } catch (final SocketTimeoutException e) {
                reused.close();
                throw e;
            } catch (final IOException e) {
                reused.close();
                // A server may close an idle connection just when it is used again: only then another is tried.
                if (reused.anythingRead()) {
                    throw e;
                }
            }
        }
        final HttpConnection made = new HttpConnection(server, clock);
        try {
            made.exchange(request);
            return made;
        } catch (final IOException e) {
            made.close();
            throw e;
        }
    }

    /** Keeps a connection for another request if it can be used again. */
    void giveBack(final HttpConnection connection) {
        if (connection.isReusable()) {
            idle.addFirst(connection);
        } else {
            connection.close();
        }
    }

    /** A sentence about what went wrong. */
    String describe(final IOException e) {
        return switch (e) {
            case ConnectException _ -> "cannot connect to " + server + ": " + e.getMessage();
            case UnknownHostException _ -> "cannot connect to " + server + ": no such host";
            case SocketTimeoutException _ -> "nothing came within --request-timeout-sec";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    @Override
    public void close() {
        for (HttpConnection connection = idle.poll(); connection != null; connection = idle.poll()) {
            connection.close();
        }
    }
}
