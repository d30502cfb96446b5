package dev.convoke.bench.stages;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Timings;
import java.util.HashMap;
import java.util.Map;

/**
 * What a process has measured up to a moment.
 *
 * @param sumsNs  of every duration
 * @param records how many durations were entered into histograms
 */
record TimingsSnapshot(Map<Timings.Identity, Long> sumsNs, long records) {
    static TimingsSnapshot of(final Timings timings) {
        final Map<Timings.Identity, Long> sums = new HashMap<>();
        long records = 0;
        for (final DurationRecorder recorder : timings.recorders()) {
            sums.put(recorder.identity(), recorder.sumNs());
            records += recorder.total().getTotalCount();
        }
        for (final DurationTotal total : timings.totals()) {
            sums.put(total.identity(), total.ns());
        }
        return new TimingsSnapshot(sums, records);
    }

    /** What was measured since an earlier moment. */
    TimingsSnapshot since(final TimingsSnapshot earlier) {
        final Map<Timings.Identity, Long> differences = new HashMap<>();
        sumsNs.forEach((identity, ns) -> differences.put(identity, ns - earlier.sumsNs.getOrDefault(identity, 0L)));
        return new TimingsSnapshot(differences, records - earlier.records);
    }

    /** The sum of all durations of a name that carry some labels. */
    long ns(final String name, final Map<String, String> labels) {
        return sumsNs.entrySet().stream()
            .filter(entry -> entry.getKey().name().equals(name)
                && entry.getKey().labels().entrySet().containsAll(labels.entrySet()))
            .mapToLong(Map.Entry::getValue).sum();
    }
}
