package dev.convoke.bench.exchange;

import dev.convoke.core.ConvokeException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What has to be closed, the last first. */
public final class Resources implements AutoCloseable {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /** Adds one and returns it. */
    public <T extends AutoCloseable> T add(final T resource) {
        open.push(resource);
        return resource;
    }

    @Override
    public void close() {
        Exception first = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (final Exception e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new ConvokeException("The measurement did not end cleanly: " + first, first);
        }
    }
}
