package dev.convoke.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.File;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Memory, threads and open files of this process, as far as its machine tells them. */
final class ProcessGauges implements MultiCollector {
    private static final double MS = 1e-3;
    private static final File OPEN_FILES = new File("/proc/self/fd");

    @Override
    public MetricSnapshots collect() {
        final MetricSnapshots.Builder snapshots = MetricSnapshots.builder()
            .metricSnapshot(gauge("jvm_heap_used_bytes", "Heap in use.",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()))
            .metricSnapshot(gauge("jvm_buffers_used_bytes", "Memory of direct and mapped buffers.",
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .mapToLong(BufferPoolMXBean::getMemoryUsed).sum()))
            .metricSnapshot(gauge("jvm_threads", "Platform threads.",
                ManagementFactory.getThreadMXBean().getThreadCount()))
            .metricSnapshot(gauge("process_uptime_seconds", "Since the process started.",
                ManagementFactory.getRuntimeMXBean().getUptime() * MS));
        final String[] files = OPEN_FILES.list();
        if (files != null) {
            snapshots.metricSnapshot(gauge("process_open_files", "Open file descriptors.", files.length));
        }
        return snapshots.build();
    }

    private static GaugeSnapshot gauge(final String name, final String help, final double value) {
        return GaugeSnapshot.builder().name(name).help(help)
            .dataPoint(GaugeDataPointSnapshot.builder().value(value).build()).build();
    }
}
