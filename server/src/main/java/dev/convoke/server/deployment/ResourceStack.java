package dev.convoke.server.deployment;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a deployment has opened so far, closed in reverse order, also when opening fails half way. */
final class ResourceStack implements AutoCloseable {
    private final Deque<Runnable> closers = new ArrayDeque<>();

    /** Closes it before what was pushed earlier. */
    void push(final Runnable closer) {
        closers.push(closer);
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        while (!closers.isEmpty()) {
            try {
                closers.pop().run();
            } catch (final RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
