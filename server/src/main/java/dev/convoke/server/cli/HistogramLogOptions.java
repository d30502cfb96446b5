package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.timing.Timings;
import dev.convoke.server.metrics.HistogramLog;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether and where durations are logged. */
final class HistogramLogOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--histogram-log", paramLabel = "FILE",
        description = "Write durations of steps, stages, layers and hosts to this HdrHistogram log (.hlog)")
    private Path file;

    @Option(names = "--histogram-log-interval", paramLabel = "TIME", defaultValue = "1s",
        description = "Time that each entry of the histogram log covers. Default: ${DEFAULT-VALUE}")
    private String interval;

    /** What is to be logged to where; checked before anything is started. */
    Log log() {
        final Duration every = Duration.ofNanos(LimitOptions.duration("histogram-log-interval", interval));
        if (file == null && Setting.isGiven(options, "histogram-log-interval")) {
            throw Setting.contradiction(options, "histogram-log-interval", "histogram-log",
                "name the file to log to, or leave the interval out");
        }
        if (every.isZero()) {
            throw new ConfigurationException("histogram-log-interval is 0; choose a positive time such as 1s.");
        }
        return timings -> {
            if (file == null) {
                return () -> { };
            }
            final HistogramLog log = new HistogramLog(timings, file, every);
            return log::close;
        };
    }

    /** Starts logging. */
    @FunctionalInterface
    interface Log {
        /** Returns what ends it. */
        Runnable start(Timings timings);
    }
}
