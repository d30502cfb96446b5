package dev.convoke.bench.kernels;

import dev.convoke.bench.Ceilings;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs benchmarks of kernels by JMH, each in a Java process of its own with this one's flags, on one thread. */
public final class KernelBenchmark {
    private static final double NS = 1e9;

    private final Ceilings ceilings;
    private final List<KernelRow> rows = new ArrayList<>();

    /** Held to these ceilings. */
    public KernelBenchmark(final Ceilings ceilings) {
        this.ceilings = ceilings;
    }

    /**
     * How long to measure.
     *
     * @param seconds    of an iteration
     * @param warmUps    iterations that do not count
     * @param iterations that count
     */
    public record Length(double seconds, int warmUps, int iterations) {
    }

    /**
     * Measures.
     *
     * @param patterns   regular expressions of the names of benchmarks, of which one must be found in a name
     * @param parameters values by parameter, instead of all
     */
    public void run(final List<String> patterns, final Map<String, String[]> parameters, final Length length) {
        final TimeValue time = TimeValue.nanoseconds(Math.round(length.seconds() * NS));
        final ChainedOptionsBuilder options = new OptionsBuilder().mode(Mode.Throughput).timeUnit(TimeUnit.SECONDS)
            .forks(1).threads(1).warmupTime(time).warmupIterations(length.warmUps()).measurementTime(time)
            .measurementIterations(length.iterations()).verbosity(VerboseMode.SILENT).shouldFailOnError(true);
        patterns.forEach(pattern -> options.include(KernelBenchmark.class.getPackageName() + ".*" + pattern));
        parameters.forEach(options::param);
        try {
            // What the processes themselves say, warnings of their JVM too, is no result.
            for (final RunResult result : new Runner(options.build(),
                OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT)).run()) {
                rows.add(KernelRow.of(result, ceilings));
            }
        } catch (final NoBenchmarksException e) {
            throw new ConfigurationException("No kernel is named like " + String.join(" or ", patterns)
                + "; choose from Attention, Frames, Product, Routing, Rows or their methods.", e);
        } catch (final RunnerException e) {
            throw new ConvokeException("JMH failed: " + e.getMessage(), e);
        }
    }

    /** For machines: one object for each kernel and its parameters. */
    public List<Map<String, Object>> results() {
        return rows.stream().map(KernelRow::toMap).toList();
    }

    /** For people. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("| kernel | parameters | time | range | GB/s | GFLOP/s | floor "
            + "| gap |\n|---|---|---:|---:|---:|---:|---:|---:|\n");
        rows.forEach(text::append);
        return text.toString();
    }
}
