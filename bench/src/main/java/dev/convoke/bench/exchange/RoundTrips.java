package dev.convoke.bench.exchange;

/** One way to bring bytes to hosts and get others back. Owned by the thread that measures. */
public interface RoundTrips extends AutoCloseable {
    /** Sends everything and returns when all answers are there; throws when they do not come. */
    void once();

    @Override
    void close();
}
