package dev.convoke.server.metrics;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.server.ServedModel;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.TreeMap;

/** Every counter of the components of a process, as {@code convoke_NAME_total{component="..."}}. */
final class ComponentCounters implements MultiCollector {
    private final ServedModel served;

    ComponentCounters(final ServedModel served) {
        this.served = served;
    }

    @Override
    public MetricSnapshots collect() {
        final Map<String, CounterSnapshot.Builder> byName = new TreeMap<>();
        for (final Map.Entry<String, Counters> component : served.counters().entrySet()) {
            for (final Counter counter : component.getValue().all()) {
                byName.computeIfAbsent("convoke_" + counter.name(),
                    name -> CounterSnapshot.builder().name(name).help(counter.description()))
                    .dataPoint(CounterDataPointSnapshot.builder().value(counter.value())
                        .labels(Labels.of("component", component.getKey())).build());
            }
        }
        final MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        byName.values().forEach(builder -> snapshots.metricSnapshot(builder.build()));
        return snapshots.build();
    }
}
