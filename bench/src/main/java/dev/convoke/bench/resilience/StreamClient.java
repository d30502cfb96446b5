package dev.convoke.bench.resilience;

import java.net.URI;

/** Asks one server for streamed answers. Thread-safe. */
public interface StreamClient extends AutoCloseable {
    /** Opens clients. */
    @FunctionalInterface
    interface Connector {
        /** Connects at the first request. */
        StreamClient connect(URI server);
    }

    /** Waits for a whole answer of so many tokens, past any end token. Never throws for what the server does. */
    Streamed ask(Question question, int tokens);

    @Override
    void close();
}
