package dev.convoke.bench.stages;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Timings;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a process has measured up to a moment.
 *
 * @param sumsNs of every duration
 * @param counts how many durations were entered into each histogram
 */
record TimingsSnapshot(Map<Timings.Identity, Long> sumsNs, Map<Timings.Identity, Long> counts) {
    static TimingsSnapshot of(final Timings timings) {
        final Map<Timings.Identity, Long> sums = new HashMap<>();
        final Map<Timings.Identity, Long> counts = new HashMap<>();
        for (final DurationRecorder recorder : timings.recorders()) {
            sums.put(recorder.identity(), recorder.sumNs());
            counts.put(recorder.identity(), recorder.total().getTotalCount());
        }
        for (final DurationTotal total : timings.totals()) {
            sums.put(total.identity(), total.ns());
        }
        return new TimingsSnapshot(sums, counts);
    }

    /** What was measured since an earlier moment. */
    TimingsSnapshot since(final TimingsSnapshot earlier) {
        return new TimingsSnapshot(difference(sumsNs, earlier.sumsNs), difference(counts, earlier.counts));
    }

    private static Map<Timings.Identity, Long> difference(final Map<Timings.Identity, Long> now,
        final Map<Timings.Identity, Long> earlier) {
        final Map<Timings.Identity, Long> differences = new HashMap<>();
        now.forEach((identity, value) -> differences.put(identity, value - earlier.getOrDefault(identity, 0L)));
        return differences;
    }

    /** The sum of all durations of a name that carry some labels. */
    long ns(final String name, final Map<String, String> labels) {
        return sum(sumsNs, name, labels);
    }

    /** How many durations of a name that carry some labels were entered into histograms. */
    long count(final String name, final Map<String, String> labels) {
        return sum(counts, name, labels);
    }

    /** How many durations were entered into histograms. */
    long records() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long sum(final Map<Timings.Identity, Long> values, final String name,
        final Map<String, String> labels) {
        return values.entrySet().stream()
            .filter(entry -> entry.getKey().name().equals(name)
                && entry.getKey().labels().entrySet().containsAll(labels.entrySet()))
            .mapToLong(Map.Entry::getValue).sum();
    }

    /** The values of a label among the durations of a name, shorter ones first, so that numbers are in order. */
    SortedSet<String> values(final String name, final String label) {
        final SortedSet<String> found = new TreeSet<>((a, b) -> a.length() == b.length() ? a.compareTo(b)
            : Integer.compare(a.length(), b.length()));
        sumsNs.keySet().stream().filter(identity -> identity.name().equals(name))
            .forEach(identity -> found.add(identity.labels().get(label)));
        return found;
    }
}
