package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.machine.MachineBenchmark;
import dev.convoke.bench.machine.MeasuredCeilings;
import dev.convoke.core.ConfigurationException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.agrona.SystemUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The machine's own ceilings. */
@Command(name = "machine", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures what this machine reads and computes at most, by threads, and says what that limits.")
final class MachineCommand implements Callable<Integer> {
    @Option(names = {"-t", "--threads"}, split = ",", paramLabel = "N",
        description = "Threads that work together. Default: 1 and one for each processor")
    private List<Integer> threads;

    @Option(names = "--buffer", paramLabel = "SIZE", defaultValue = "0", description = "Memory to read, as 512m or 2g; "
        + "0 takes several times the largest cache. Default: ${DEFAULT-VALUE}")
    private String buffer;

    @Mixin
    private RepetitionOptions repetition = new RepetitionOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        repetition.check();
        final int processors = Runtime.getRuntime().availableProcessors();
        final List<Integer> counts = threads == null ? Stream.of(1, processors).distinct().toList()
            : RepetitionOptions.atLeastOne("--threads", threads);
        try (MeasuredCeilings ceilings = repetition.ceilings(bufferBytes())) {
            final MachineBenchmark benchmark = new MachineBenchmark(ceilings, counts);
            benchmark.run();
            final Map<String, Object> settings = repetition.settings();
            settings.put("threads", counts);
            settings.put("buffer_bytes", ceilings.bufferBytes());
            repetition.print(spec.commandLine().getOut(), benchmark.toString(),
                BenchmarkReport.here("machine", settings, benchmark.results()));
        }
        return 0;
    }

    private long bufferBytes() {
        try {
            final long bytes = SystemUtil.parseSize("--buffer", buffer);
            if (bytes >= 0) {
                return bytes;
            }
        } catch (final NumberFormatException e) {
            throw new ConfigurationException("--buffer is '" + buffer + "'; give a size such as 512m or 2g.", e);
        }
        throw new ConfigurationException("--buffer is '" + buffer + "'; it must not be less than 0.");
    }
}
