package dev.convoke.server.metrics;

import dev.convoke.core.Counters;
import dev.convoke.server.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;

/** What every process shows: what its components count and measure, its memory, threads, files, and its answers. */
public final class ProcessMetrics implements Metrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final Counter answers;

    /** Of this process. */
    public ProcessMetrics(final Counters counters) {
        answers = Counter.builder().name("convoke_http_requests").help("Answers to HTTP requests.")
            .labelNames("route", "status").register(registry);
        registry.register(new ComponentCounters(counters));
        registry.register(new ProcessGauges());
    }

    /** Where more is registered. */
    PrometheusRegistry registry() {
        return registry;
    }

    @Override
    public void onAnswer(final String route, final int status) {
        answers.labelValues(route, String.valueOf(status)).inc();
    }

    @Override
    public String mediaType(final String accept) {
        return formats.findWriter(accept).getContentType();
    }

    @Override
    public void write(final String accept, final OutputStream out) throws IOException {
        formats.findWriter(accept).write(out, registry.scrape());
    }
}
