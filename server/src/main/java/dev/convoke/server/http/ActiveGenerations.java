package dev.convoke.server.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The generations being answered; lets a server stop gracefully. Thread-safe. */
final class ActiveGenerations {
    private static final Duration POLL = Duration.ofMillis(10);

    private final Set<Generation> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** 503 once {@link #drain} was called. */
    void requireOpen() {
        if (closed) {
            throw ApiException.notReady("The server is shutting down; send the request to another one.");
        }
    }

    Entry enter(final Generation generation) {
        running.add(generation);
        return new Entry(running, generation);
    }

    boolean isDraining() {
        return closed;
    }

    int count() {
        return running.size();
    }

    /** Refuses new ones, waits for those that run, and cancels what is left at the limit. */
    void drain(final Duration limit) throws InterruptedException {
        closed = true;
        final long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!running.isEmpty() && System.nanoTime() < deadlineNs) {
            Thread.sleep(POLL);
        }
        running.forEach(Generation::cancel);
    }

    /** Leaves at the close. */
    record Entry(Set<Generation> running, Generation generation) implements AutoCloseable {
        @Override
        public void close() {
            running.remove(generation);
        }
    }
}
