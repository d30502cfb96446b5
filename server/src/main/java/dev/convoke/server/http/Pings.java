package dev.convoke.server.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps silent streams alive: one thread looks at all of them. */
final class Pings implements AutoCloseable {
    private static final int LOOKS_PER_INTERVAL = 4;

    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final long intervalNs;
    private final Thread thread;
    private volatile boolean closed;

    Pings(final Duration interval) {
        intervalNs = interval.toNanos();
        thread = Thread.ofVirtual().name("pings").start(this::run);
    }

    /** Looks after a stream until the end of the entry. */
    Entry watch(final EventStream stream) {
        streams.add(stream);
        return new Entry(streams, stream);
    }

    private void run() {
        try {
            while (!closed) {
                Thread.sleep(Duration.ofNanos(Math.max(1, intervalNs / LOOKS_PER_INTERVAL)));
                streams.forEach(this::ping);
            }
        } catch (final InterruptedException e) {
            // Closed.
        }
    }

    /** On a thread of its own, since a client that reads nothing blocks it. */
    private void ping(final EventStream stream) {
        if (stream.isSilentFor(intervalNs)) {
            Thread.ofVirtual().name("ping").start(() -> {
                try {
                    stream.pingAfter(intervalNs);
                } catch (final RuntimeException e) {
                    // The client has left; its request's thread finds out by itself.
                    streams.remove(stream);
                }
            });
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** Leaves at the close. */
    record Entry(Set<EventStream> streams, EventStream stream) implements AutoCloseable {
        @Override
        public void close() {
            streams.remove(stream);
            stream.end();
        }
    }
}
