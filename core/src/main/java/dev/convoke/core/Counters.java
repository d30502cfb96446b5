package dev.convoke.core;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * What the components of a process count and measure. Registering is for start-up. A component that there may be
 * several of gets a {@linkplain #labelled labelled} view, so that equal names do not collide.
 */
public final class Counters {
    private final ConcurrentNavigableMap<String, Metric> byKey;
    private final SortedMap<String, String> labels;

    /** An empty registry. */
    public Counters() {
        this(new ConcurrentSkipListMap<>(), Collections.emptySortedMap());
    }

    private Counters(final ConcurrentNavigableMap<String, Metric> byKey, final SortedMap<String, String> labels) {
        this.byKey = byKey;
        this.labels = labels;
    }

    /** The same registry; what is registered through the view carries one more label. */
    public Counters labelled(final String label, final String value) {
        final SortedMap<String, String> more = new TreeMap<>(labels);
        more.put(label, value);
        return new Counters(byKey, Collections.unmodifiableSortedMap(more));
    }

    /** Adds a counter, advanced by one thread; its name and labels must be new here. */
    public Counter register(final String name, final String description) {
        return add(new Counter(new Metric.Identity(name, labels, description)));
    }

    /** Adds a gauge; its name and labels must be new here. */
    public Gauge registerGauge(final String name, final String description) {
        return add(new Gauge(new Metric.Identity(name, labels, description)));
    }

    /**
     * Adds a histogram, fed by one thread; its name and labels must be new here.
     *
     * @param bounds the largest value of each range but the last, rising
     */
    public Histogram registerHistogram(final String name, final String description, final long... bounds) {
        return add(new Histogram(new Metric.Identity(name, labels, description), bounds));
    }

    private <M extends Metric> M add(final M metric) {
        final String key = metric.identity().key();
        if (byKey.values().stream().anyMatch(other -> other.name().equals(metric.name())
            && other.getClass() != metric.getClass())) {
            throw new IllegalStateException("registered as another kind of metric: " + key);
        }
        if (byKey.putIfAbsent(key, metric) != null) {
            throw new IllegalStateException("registered twice: " + key);
        }
        return metric;
    }

    /** Everything in the registry, whichever view it came through, in order of names. */
    public Collection<Metric> all() {
        return List.copyOf(byKey.values());
    }

    /** The value of a counter or gauge that was registered through a view with the labels of this one. */
    public long value(final String name) {
        final String key = new Metric.Identity(name, labels, "").key();
        return switch (byKey.get(key)) {
            case final Counter counter -> counter.value();
            case final Gauge gauge -> gauge.value();
            case null, default -> throw new IllegalArgumentException("no counter " + key + " in " + byKey.keySet());
        };
    }
}
