package dev.convoke.server.metrics;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import dev.convoke.core.Histogram;
import dev.convoke.core.Metric;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the components of a process count and measure. Names that begin with {@code moe_} or {@code vllm:} stay as they
 * are, others begin with {@code convoke_}; nanoseconds become seconds, and {@code _info} a metric of labels only.
 */
final class ComponentCounters implements MultiCollector {
    private static final String NS = "_ns";
    private static final double NS_PER_SECOND = 1e9;
    private static final String INFO = "_info";

    private final Counters registry;

    ComponentCounters(final Counters registry) {
        this.registry = registry;
    }

    @Override
    public MetricSnapshots collect() {
        final MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        registry.all().stream().collect(Collectors.groupingBy(Metric::name, TreeMap::new, Collectors.toList()))
            .values().forEach(metrics -> snapshots.metricSnapshot(snapshot(metrics)));
        return snapshots.build();
    }

    private static MetricSnapshot snapshot(final List<Metric> metrics) {
        final String own = metrics.getFirst().name();
        final boolean isTime = own.endsWith(NS);
        final String name = (own.startsWith("moe_") || own.startsWith("vllm:") ? "" : "convoke_")
            + (isTime ? own.substring(0, own.length() - NS.length()) + "_seconds" : own);
        final double unit = isTime ? NS_PER_SECOND : 1;
        return switch (metrics.getFirst()) {
            case Counter _ -> counter(name, metrics, unit);
            case Gauge _ -> name.endsWith(INFO) ? info(name, metrics) : gauge(name, metrics, unit);
            case Histogram _ -> histogram(name, metrics, unit);
        };
    }

    private static MetricSnapshot counter(final String name, final List<Metric> metrics, final double unit) {
        final CounterSnapshot.Builder builder = CounterSnapshot.builder().name(name).help(help(metrics));
        metrics.forEach(metric -> builder.dataPoint(CounterDataPointSnapshot.builder().labels(labels(metric))
            .value(((Counter)metric).value() / unit).build()));
        return builder.build();
    }

    private static MetricSnapshot gauge(final String name, final List<Metric> metrics, final double unit) {
        final GaugeSnapshot.Builder builder = GaugeSnapshot.builder().name(name).help(help(metrics));
        metrics.forEach(metric -> builder.dataPoint(GaugeDataPointSnapshot.builder().labels(labels(metric))
            .value(((Gauge)metric).value() / unit).build()));
        return builder.build();
    }

    private static MetricSnapshot info(final String name, final List<Metric> metrics) {
        final InfoSnapshot.Builder builder = InfoSnapshot.builder()
            .name(name.substring(0, name.length() - INFO.length())).help(help(metrics));
        metrics.forEach(metric -> builder.dataPoint(InfoDataPointSnapshot.builder().labels(labels(metric)).build()));
        return builder.build();
    }

    private static MetricSnapshot histogram(final String name, final List<Metric> metrics, final double unit) {
        final HistogramSnapshot.Builder builder = HistogramSnapshot.builder().name(name).help(help(metrics));
        for (final Metric metric : metrics) {
            final Histogram histogram = (Histogram)metric;
            final double[] ends = Arrays.copyOf(Arrays.stream(histogram.bounds()).mapToDouble(bound -> bound / unit)
                .toArray(), histogram.bounds().length + 1);
            ends[ends.length - 1] = Double.POSITIVE_INFINITY;
            builder.dataPoint(HistogramDataPointSnapshot.builder().labels(labels(metric))
                .classicHistogramBuckets(ClassicHistogramBuckets.of(ends, histogram.counts()))
                .sum(histogram.sum() / unit).build());
        }
        return builder.build();
    }

    private static String help(final List<Metric> metrics) {
        final String sentence = metrics.getFirst().description();
        return sentence.endsWith(".") ? sentence : sentence + ".";
    }

    private static Labels labels(final Metric metric) {
        final Labels.Builder builder = Labels.builder();
        metric.labels().forEach(builder::label);
        return builder.build();
    }
}
