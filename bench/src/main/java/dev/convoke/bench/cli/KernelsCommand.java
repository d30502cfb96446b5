package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.kernels.KernelBenchmark;
import dev.convoke.bench.machine.MeasuredCeilings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Kernels by themselves, by JMH. */
@Command(name = "kernels", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures kernels with JMH, each in a process of its own on one thread: products, attention, norm "
        + "and rotation, gate, frames. Options are named as those of JMH.")
final class KernelsCommand implements Callable<Integer> {
    private static final long CEILING_RUN_NS = 200_000_000L;
    private static final int CEILING_RUNS = 7;

    @Parameters(paramLabel = "PATTERN", arity = "0..*", description = "Regular expressions of names, as Product or "
        + "Frames.decode. Default: all")
    private List<String> patterns = List.of(".*");

    @Option(names = "-p", paramLabel = "NAME=VALUE", description = "Values of a parameter, with commas between them, "
        + "as rows=1,128. Default: all")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(names = "-wi", paramLabel = "N", defaultValue = "3",
        description = "Iterations before those that count. Default: ${DEFAULT-VALUE}")
    private int warmUps;

    @Option(names = "-i", paramLabel = "N", defaultValue = "5",
        description = "Iterations that count, of which the median is taken. Default: ${DEFAULT-VALUE}")
    private int iterations;

    @Option(names = "-r", paramLabel = "S", defaultValue = "0.3",
        description = "Seconds of an iteration. Default: ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--quick", description = "One short iteration of each: whether everything works.")
    private boolean quick;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Choices.requirePositive("-r", seconds);
        RepetitionOptions.atLeastOne("-i", iterations);
        final KernelBenchmark.Length length = quick ? new KernelBenchmark.Length(0.02, 1, 1)
            : new KernelBenchmark.Length(seconds, warmUps, iterations);
        final Map<String, String[]> values = new LinkedHashMap<>();
        parameters.forEach((name, list) -> values.put(name, list.split(",")));
        try (MeasuredCeilings ceilings = new MeasuredCeilings(CEILING_RUN_NS, CEILING_RUNS, 0)) {
            final KernelBenchmark benchmark = new KernelBenchmark(ceilings);
            benchmark.run(patterns, values, length);
            reporting.print(spec.commandLine().getOut(), benchmark.toString(),
                BenchmarkReport.here("kernels", settings(length), benchmark.results()));
        }
        return 0;
    }

    private Map<String, Object> settings(final KernelBenchmark.Length length) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("seconds", length.seconds());
        settings.put("warm_ups", length.warmUps());
        settings.put("iterations", length.iterations());
        settings.put("parameters", parameters);
        return settings;
    }
}
