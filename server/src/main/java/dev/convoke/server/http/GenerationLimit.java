package dev.convoke.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** How many requests may generate at a time, whether their tokens are sampled, waited for or written. Thread-safe. */
final class GenerationLimit {
    private final int most;
    private final Semaphore free;

    GenerationLimit(final int most) {
        this.most = most;
        this.free = new Semaphore(most);
    }

    /** Takes a place until the close; 429 if there is none. */
    Place enter() {
        if (!free.tryAcquire()) {
            throw ApiException.tooManyRequests(most);
        }
        return new Place(free, new AtomicBoolean());
    }

    /** May be closed more than once, by any thread. */
    record Place(Semaphore free, AtomicBoolean left) implements AutoCloseable {
        @Override
        public void close() {
            if (!left.getAndSet(true)) {
                free.release();
            }
        }
    }
}
