package dev.convoke.server.metrics;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Timings;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** Durations as summaries with quantiles since the start, totals as counters; both in seconds. */
final class DurationMetrics implements MultiCollector {
    private static final double NS = 1e-9;
    private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999};

    private final Timings timings;

    DurationMetrics(final Timings timings) {
        this.timings = timings;
    }

    @Override
    public MetricSnapshots collect() {
        final Map<String, SummarySnapshot.Builder> summaries = new TreeMap<>();
        for (final DurationRecorder recorder : timings.recorders()) {
            final Timings.Identity of = recorder.identity();
            summaries.computeIfAbsent(of.name(), name -> SummarySnapshot.builder().name(name).help(of.description()))
                .dataPoint(summary(recorder));
        }
        final Map<String, CounterSnapshot.Builder> totals = new TreeMap<>();
        for (final DurationTotal total : timings.totals()) {
            final Timings.Identity of = total.identity();
            totals.computeIfAbsent(of.name(), name -> CounterSnapshot.builder().name(name).help(of.description()))
                .dataPoint(CounterDataPointSnapshot.builder().labels(labels(of)).value(total.ns() * NS).build());
        }
        final MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        summaries.values().forEach(summary -> snapshots.metricSnapshot(summary.build()));
        totals.values().forEach(total -> snapshots.metricSnapshot(total.build()));
        return snapshots.build();
    }

    private static SummaryDataPointSnapshot summary(final DurationRecorder recorder) {
        final Histogram histogram = recorder.total();
        final List<Quantile> quantiles = new ArrayList<>();
        for (final double quantile : QUANTILES) {
            quantiles.add(new Quantile(quantile, histogram.getValueAtPercentile(100 * quantile) * NS));
        }
        return SummaryDataPointSnapshot.builder().labels(labels(recorder.identity()))
            .quantiles(Quantiles.of(quantiles)).count(histogram.getTotalCount()).sum(recorder.sumNs() * NS).build();
    }

    private static Labels labels(final Timings.Identity identity) {
        final Labels.Builder labels = Labels.builder();
        identity.labels().forEach(labels::label);
        return labels.build();
    }
}
