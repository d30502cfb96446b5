package dev.convoke.core.timing;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The durations a process measures, by name and labels. Registering is for start-up, reading for any thread. */
public final class Timings {
    /**
     * What identifies a measurement, and what it means.
     *
     * @param name        snake case, ends in {@code _seconds}: the unit in which it is shown
     * @param labels      set it apart from others of its name
     * @param description one sentence
     */
    public record Identity(String name, SortedMap<String, String> labels, String description) {
        private Identity(final String name, final Map<String, String> labels, final String description) {
            this(name, Collections.unmodifiableSortedMap(new TreeMap<>(labels)), description);
        }

        private String key() {
            return name + labels;
        }
    }

    private final Map<String, DurationRecorder> recorders = new ConcurrentSkipListMap<>();
    private final Map<String, DurationTotal> totals = new ConcurrentSkipListMap<>();

    /** Adds a recorder; its name and labels must be new here. */
    public DurationRecorder recorder(final String name, final Map<String, String> labels, final String description) {
        final DurationRecorder recorder = new DurationRecorder(new Identity(name, labels, description));
        add(recorders, recorder.identity(), recorder);
        return recorder;
    }

    /** Adds a total; its name and labels must be new here. */
    public DurationTotal total(final String name, final Map<String, String> labels, final String description) {
        final DurationTotal total = new DurationTotal(new Identity(name, labels, description));
        add(totals, total.identity(), total);
        return total;
    }

    private static <T> void add(final Map<String, T> map, final Identity identity, final T value) {
        if (map.putIfAbsent(identity.key(), value) != null) {
            throw new IllegalStateException("registered twice: " + identity.key());
        }
    }

    /** In order of names. */
    public List<DurationRecorder> recorders() {
        return List.copyOf(recorders.values());
    }

    /** In order of names. */
    public List<DurationTotal> totals() {
        return List.copyOf(totals.values());
    }
}
