package dev.convoke.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices when the client of a running request goes away, which the request's own thread cannot: it waits for tokens.
 * Another thread waits for the connection's next bytes in the meantime. Once the answer is out, the request's thread
 * waits for that thread instead of reading itself, so that only one ever reads. As a listener it learns the reader of
 * each connection on the thread that will run its requests.
 */
final class ClientWatch implements Http1ConnectionListener {
    private static final Duration IDLE_LIMIT = Duration.ofMinutes(5);

    private final ThreadLocal<DataReader> readerOfThread = new ThreadLocal<>();
    private final Set<Thread> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    @Override
    public void prologue(final ConnectionContext context, final HttpPrologue prologue) {
        readerOfThread.set(context.dataReader());
    }

    /** Runs the action on another thread if the client of the calling thread's request leaves before the answer. */
    Watch onDeparture(final Runnable action) {
        final DataReader reader = readerOfThread.get();
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
