package dev.convoke.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices when the client of a running request goes away, which the request's own thread cannot: it waits for tokens.
 * Another thread waits for the connection's next bytes in the meantime. Once the answer is out, the request's thread
 * waits for that thread instead of reading itself, so that only one ever reads.
 */
final class ClientWatch {
    private static final Duration IDLE_LIMIT = Duration.ofMinutes(5);

    private final ClientConnections connections;
    private final Set<Thread> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    ClientWatch(final ClientConnections connections) {
        this.connections = connections;
    }

    /**
     * Runs the action on another thread if the client of the calling thread's request, which has come as a whole,
     * leaves before the answer.
     */
    Watch onDeparture(final Runnable action) {
        final ClientConnection connection = connections.current();
        connection.onComplete();
        final DataReader reader = connection.dataReader();
        return new Watch(Thread.ofVirtual().name("client-watch").start(() -> {
            while (true) {
                try {
                    reader.ensureAvailable();
                    return;
                } catch (final RuntimeException e) {
                    if (!isTimeout(e)) {
                        action.run();
                        return;
                    }
                }
            }
        }));
    }

    /** A client that waits for its answer has nothing to say, however long that takes. */
    private static boolean isTimeout(final Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return true;
            }
        }
        return false;
    }

    /** Lets go of connections that wait for their next request. */
    void close() {
        closed = true;
        waiting.forEach(Thread::interrupt);
    }

    /** The watch over one request. */
    final class Watch {
        private final Thread reading;

        private Watch(final Thread reading) {
            this.reading = reading;
        }

        /** After the answer: returns when the connection has something to read. */
        void awaitNextRequest(final ServerRequest request) {
            if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
                throw new CloseConnectionException("the client asked to close");
            }
            waiting.add(Thread.currentThread());
            try {
                if (closed || !reading.join(IDLE_LIMIT)) {
                    throw new CloseConnectionException("idle, or the server is stopping");
                }
            } catch (final InterruptedException e) {
                throw new CloseConnectionException("the server is stopping", e);
            } finally {
                waiting.remove(Thread.currentThread());
            }
        }
    }
}
