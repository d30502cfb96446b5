package dev.convoke.server.metrics;

import dev.convoke.core.ConvokeException;
import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Timings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes durations to an HdrHistogram log, an interval at a time, each measurement under a tag of its own such as
 * {@code moe_stage_seconds.stage=gate}. Values are nanoseconds. Of what is only summed up, such as the stages of each
 * layer, an interval has one value: the time spent in it. Runs on a thread of its own.
 */
public final class HistogramLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HistogramLog.class);
    /** Sums are told exactly enough to add them up. */
    private static final int DIGITS_OF_SUMS = 4;

    private final Timings timings;
    private final Map<Timings.Identity, Long> writtenNs = new HashMap<>();
    private long writtenMs;
    private final OutputStream file;
    private final HistogramLogWriter writer;
    private final Thread thread;

    /** Creates the file, or empties it, and starts. */
    public HistogramLog(final Timings timings, final Path path, final Duration interval) {
        this.timings = timings;
        try {
            file = Files.newOutputStream(path);
        } catch (final IOException e) {
            throw new ConvokeException("The histogram log " + path + " cannot be written (" + e
                + "); name a file in a directory that exists and may be written to.", e);
        }
        writer = new HistogramLogWriter(file);
        final long nowMs = System.currentTimeMillis();
        writer.outputComment("[Durations in nanoseconds, maxima in milliseconds, by convoke]");
        writer.outputLogFormatVersion();
        writer.outputBaseTime(nowMs);
        writer.setBaseTime(nowMs);
        writer.outputStartTime(nowMs);
        writer.outputLegend();
        writtenMs = nowMs;
        timings.totals().forEach(total -> writtenNs.put(total.identity(), total.ns()));
        thread = Thread.ofVirtual().name("histogram-log").start(() -> run(interval));
    }

    private void run(final Duration interval) {
        try {
            while (true) {
                Thread.sleep(interval);
                write();
            }
        } catch (final InterruptedException e) {
            LOG.debug("histogram log ends");
        }
    }

    private synchronized void write() {
        for (final DurationRecorder recorder : timings.recorders()) {
            final Histogram histogram = recorder.takeInterval();
            if (histogram.getTotalCount() > 0) {
                write(recorder.identity(), histogram);
            }
        }
        writeTotals();
    }

    private void writeTotals() {
        final long nowMs = System.currentTimeMillis();
        for (final DurationTotal total : timings.totals()) {
            final long ns = total.ns();
            final Long beforeNs = writtenNs.put(total.identity(), ns);
            final long spentNs = ns - (beforeNs == null ? 0 : beforeNs);
            if (spentNs > 0) {
                final Histogram histogram = new Histogram(DIGITS_OF_SUMS);
                histogram.recordValue(spentNs);
                histogram.setStartTimeStamp(writtenMs);
                histogram.setEndTimeStamp(nowMs);
                write(total.identity(), histogram);
            }
        }
        writtenMs = nowMs;
    }

    private void write(final Timings.Identity identity, final Histogram histogram) {
        histogram.setTag(tag(identity));
        writer.outputIntervalHistogram(histogram);
    }

    /** Without commas and blanks, which the format does not allow. */
    private static String tag(final Timings.Identity identity) {
        return identity.labels().entrySet().stream().map(label -> "." + label.getKey() + "=" + label.getValue())
            .collect(Collectors.joining("", identity.name(), "")).replaceAll("[\\s,]", "_");
    }

    /** Writes what has not been written and closes the file. */
    @Override
    public void close() {
        thread.interrupt();
        write();
        writer.close();
        try {
            file.close();
        } catch (final IOException e) {
            LOG.warn("The histogram log could not be closed: {}", e.toString());
        }
    }
}
