package dev.convoke.core;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The counters of one component. Registering is for start-up; each counter has one writing thread. */
public final class Counters {
    private final Map<String, Counter> byName = new ConcurrentSkipListMap<>();

    /** Adds a counter; the name must be new here. */
    public Counter register(final String name, final String description) {
        final Counter counter = new Counter(name, description);
        if (byName.putIfAbsent(name, counter) != null) {
            throw new IllegalStateException("counter registered twice: " + name);
        }
        return counter;
    }

    /** All counters in order of their names. */
    public Collection<Counter> all() {
        return List.copyOf(byName.values());
    }

    /** The value of a counter, for tests and metrics. */
    public long value(final String name) {
        final Counter counter = byName.get(name);
        if (counter == null) {
            throw new IllegalArgumentException("no counter " + name + " in " + byName.keySet());
        }
        return counter.value();
    }
}
