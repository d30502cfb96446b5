package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.Repetition;
import dev.convoke.bench.machine.MeasuredCeilings;
import dev.convoke.core.ConfigurationException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How often and how long something small is measured, and how the result is printed. */
final class RepetitionOptions {
    private static final double NS = 1e9;

    @Option(names = "--repeat", paramLabel = "N", defaultValue = "5",
        description = "Runs that count, of which the median is taken. Default: ${DEFAULT-VALUE}")
    private int repeat;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "0.3",
        description = "Length of a run. Default: ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warm-up-seconds", paramLabel = "S", defaultValue = "1",
        description = "Before the first run, for the JIT compiler. Default: ${DEFAULT-VALUE}")
    private double warmUpSeconds;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    /** Throws unless they make sense. */
    void check() {
        atLeastOne("--repeat", repeat);
        Choices.requirePositive("--seconds", seconds);
        if (!(warmUpSeconds >= 0)) {
            throw new ConfigurationException("--warm-up-seconds is " + warmUpSeconds + "; it must not be less than 0.");
        }
    }

    static int atLeastOne(final String option, final int value) {
        if (value < 1) {
            throw new ConfigurationException(option + " is " + value + "; it must be at least 1.");
        }
        return value;
    }

    static List<Integer> atLeastOne(final String option, final List<Integer> values) {
        values.forEach(value -> atLeastOne(option, value));
        return values;
    }

    int repeat() {
        return repeat;
    }

    double seconds() {
        return seconds;
    }

    double warmUpSeconds() {
        return warmUpSeconds;
    }

    Repetition repetition() {
        return new Repetition(Math.round(warmUpSeconds * NS), Math.round(seconds * NS), repeat);
    }

    /** To be closed. */
    MeasuredCeilings ceilings(final long bufferBytes) {
        return new MeasuredCeilings(Math.round(seconds * NS), repeat, bufferBytes);
    }

    /** The options as a report's settings begin. */
    Map<String, Object> settings() {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("repeat", repeat);
        settings.put("seconds", seconds);
        settings.put("warm_up_seconds", warmUpSeconds);
        return settings;
    }

    void print(final PrintWriter out, final String text, final BenchmarkReport report) {
        reporting.print(out, text, report);
    }
}
