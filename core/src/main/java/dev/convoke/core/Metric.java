package dev.convoke.core;

import java.util.SortedMap;

/** Something that one thread measures and any thread reads. Measuring neither allocates nor locks. */
public sealed interface Metric permits Counter, Gauge, Histogram {
    /** What identifies it, and what it means. */
    Identity identity();

    /**
     * What identifies a metric, and what it means.
     *
     * @param name        snake case, with the unit as its suffix where there is one ({@code _ns}, {@code _bytes})
     * @param labels      set it apart from others of its name
     * @param description one sentence
     */
    record Identity(String name, SortedMap<String, String> labels, String description) {
        /** Unique in a registry, and in order of names. */
        String key() {
            return labels.isEmpty() ? name : name + labels;
        }
    }

    /** Snake case. */
    default String name() {
        return identity().name();
    }

    /** Set it apart from others of its name. */
    default SortedMap<String, String> labels() {
        return identity().labels();
    }

    /** One sentence. */
    default String description() {
        return identity().description();
    }
}
