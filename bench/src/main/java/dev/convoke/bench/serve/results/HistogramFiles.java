package dev.convoke.bench.serve.results;

import dev.convoke.bench.serve.RequestOutcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/** HdrHistogram's own files. */
public final class HistogramFiles {
    private static final long NS_PER_S = 1_000_000_000L;
    private static final long MS_PER_S = 1000;

    private HistogramFiles() {
    }

    /** A percentile distribution of each metric, {@code ttft.hgrm} and so on, in milliseconds. */
    public static void writeDistributions(final Measurement measured, final List<Metric> metrics, final Path directory)
        throws IOException {
        Files.createDirectories(directory);
        for (final Metric metric : metrics) {
            try (PrintStream out = new PrintStream(Files.newOutputStream(directory.resolve(metric.key() + ".hgrm")),
                false, StandardCharsets.UTF_8)) {
                measured.distribution(metric).print(out);
            }
        }
    }

    /**
     * A log of one-second intervals, tagged by metric; a request belongs to the second in which it ended. Values are
     * nanoseconds, maxima in the log milliseconds.
     */
    public static void writeLog(final Measurement measured, final List<Metric> metrics, final Path file)
        throws IOException {
        final long startEpochMs = measured.startEpochMs();
        Files.createDirectories(file.toAbsolutePath().getParent());
        final Map<Long, Map<Metric, Distribution>> seconds = new TreeMap<>();
        for (final RequestOutcome outcome : measured.outcomes()) {
            if (outcome.succeeded()) {
                final Map<Metric, Distribution> second = seconds.computeIfAbsent(
                    (outcome.endNs() - measured.startNs()) / NS_PER_S, _ -> new TreeMap<>());
                metrics.forEach(metric -> metric.samplesNs(outcome).forEach(
                    second.computeIfAbsent(metric, _ -> new Distribution())::add));
            }
        }
        try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
            final HistogramLogWriter log = new HistogramLogWriter(out);
            log.outputLogFormatVersion();
            log.outputStartTime(startEpochMs);
            log.outputLegend();
            seconds.forEach((second, metricsOfSecond) -> metricsOfSecond.forEach((metric, distribution) -> {
                final Histogram histogram = distribution.histogram();
                histogram.setTag(metric.key());
                histogram.setStartTimeStamp(startEpochMs + second * MS_PER_S);
                histogram.setEndTimeStamp(startEpochMs + (second + 1) * MS_PER_S);
                log.outputIntervalHistogram((double)second, second + 1.0, histogram, Distribution.NS_PER_MS);
            }));
        }
    }
}
