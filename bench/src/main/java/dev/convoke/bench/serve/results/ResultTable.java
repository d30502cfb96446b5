package dev.convoke.bench.serve.results;

import java.util.Locale;

/** The figures of a run for people, 50 columns wide; the lines are named as {@code vllm bench serve} names them. */
public final class ResultTable {
    private static final int COLUMNS = 50;
    private static final int MOST_REASONS = 10;
    private static final double MEDIAN = 50;

    private final StringBuilder text = new StringBuilder();
    private final Measurement measured;
    private final Selection selection;

    private ResultTable(final Measurement measured, final Selection selection) {
        this.measured = measured;
        this.selection = selection;
    }

    /** The table, with a line feed at its end. */
    public static String of(final Measurement measured, final Selection selection, final RunDescription description) {
        final ResultTable table = new ResultTable(measured, selection);
        table.title(" Serving Benchmark Result ", '=');
        table.line("Successful requests:", measured.completed());
        table.line("Failed requests:", measured.failed());
        description.maxConcurrency().ifPresent(most -> table.line("Maximum request concurrency:", most));
        if (Double.isFinite(description.requestRate())) {
            table.line("Request rate configured (RPS):", description.requestRate());
        }
        table.throughput();
        selection.metrics().forEach(table::latency);
        table.probes();
        table.text.append("=".repeat(COLUMNS)).append('\n');
        measured.failures().entrySet().stream().limit(MOST_REASONS).forEach(reason -> table.text.append("Failed ")
            .append(reason.getValue()).append(" x: ").append(reason.getKey()).append('\n'));
        return table.text.toString();
    }

    private void throughput() {
        line("Benchmark duration (s):", measured.seconds());
        line("Total input tokens:", measured.inputTokens());
        line("Total generated tokens:", measured.outputTokens());
        line("Request throughput (req/s):", measured.perSecond(measured.completed()));
        selection.slo().ifPresent(slo -> {
            final long good = slo.countGood(measured.outcomes());
            line("Request goodput (req/s):", measured.perSecond(good));
            line("Requests within the SLO (%):", 100.0 * good / Math.max(1, measured.outcomes().size()));
        });
        line("Output token throughput (tok/s):", measured.perSecond(measured.outputTokens()));
        line("Peak output token throughput (tok/s):", measured.mostOutputTokensPerSecond());
        line("Peak concurrent requests:", measured.mostConcurrent());
        line("P99 wait before sending (ms):", measured.distribution(Metric.QUEUE_TIME).percentileMs(99));
        line("Total token throughput (tok/s):", measured.perSecond(measured.inputTokens() + measured.outputTokens()));
    }

    private void latency(final Metric metric) {
        title(metric.title(), '-');
        final Distribution distribution = measured.distribution(metric);
        line("Mean " + metric.label() + " (ms):", distribution.meanMs());
        line("Median " + metric.label() + " (ms):", distribution.percentileMs(MEDIAN));
        line("Std " + metric.label() + " (ms):", distribution.standardDeviationMs());
        // The 50th is the median, which has a line already; files have both, as vLLM's do.
        selection.percentiles().stream().filter(percentile -> percentile != MEDIAN).forEach(percentile ->
            line("P" + Selection.name(percentile) + " " + metric.label() + " (ms):",
                distribution.percentileMs(percentile)));
        line("Max " + metric.label() + " (ms):", distribution.mostMs());
    }

    private void probes() {
        if (measured.probes() == 0) {
            return;
        }
        title("One-token Probes", '-');
        line("Probes:", measured.probes());
        line("Failed probes:", measured.failedProbes());
        line("Median probe (ms):", measured.probeLatencies().percentileMs(50));
        line("P99 probe (ms):", measured.probeLatencies().percentileMs(99));
        line("Max probe (ms):", measured.probeLatencies().mostMs());
        line("Longest time without an answer (ms):", measured.longestProbeGapMs());
    }

    private void title(final String title, final char fill) {
        final int before = (COLUMNS - title.length()) / 2;
        text.append(String.valueOf(fill).repeat(before)).append(title)
            .append(String.valueOf(fill).repeat(COLUMNS - title.length() - before)).append('\n');
    }

    private void line(final String name, final long value) {
        text.append(String.format(Locale.ROOT, "%-40s%10d%n", name, value));
    }

    private void line(final String name, final double value) {
        text.append(String.format(Locale.ROOT, "%-40s%10.2f%n", name, value));
    }
}
