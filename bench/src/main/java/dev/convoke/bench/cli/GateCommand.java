package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.gate.GateBenchmark;
import dev.convoke.bench.machine.MeasuredCeilings;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import dev.convoke.gating.Gate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Choosing experts. */
@Command(name = "gate", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures a gate, from router logits to a plan grouped by expert, for each combination of sizes.")
final class GateCommand implements Callable<Integer> {
    @Option(names = "--gate", paramLabel = "NAME", defaultValue = "softmax-top-k",
        description = "How experts are picked. Default: ${DEFAULT-VALUE}")
    private String gate;

    @Option(names = "--rows", split = ",", paramLabel = "N", defaultValue = "1,16,256",
        description = "Rows of a step. Default: ${DEFAULT-VALUE}")
    private List<Integer> rows;

    @Option(names = "--experts", split = ",", paramLabel = "N", defaultValue = "8,64,128",
        description = "Experts of a layer. Default: ${DEFAULT-VALUE}")
    private List<Integer> experts;

    @Option(names = "--top-k", split = ",", paramLabel = "N", defaultValue = "2,8",
        description = "Experts of a row. Default: ${DEFAULT-VALUE}")
    private List<Integer> topK;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
        description = "Of the random logits. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Mixin
    private RepetitionOptions repetition = new RepetitionOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        repetition.check();
        RepetitionOptions.atLeastOne("--rows", rows);
        RepetitionOptions.atLeastOne("--experts", experts);
        RepetitionOptions.atLeastOne("--top-k", topK);
        try (MeasuredCeilings ceilings = repetition.ceilings(0)) {
            final GateBenchmark benchmark = new GateBenchmark(NamedServices.named(Gate.class, gate), ceilings,
                repetition.repetition(), seed);
            for (final int count : experts) {
                for (final int choices : topK) {
                    rows.forEach(rowCount -> benchmark.run(rowCount, count, choices));
                }
            }
            if (benchmark.isEmpty()) {
                throw new ConfigurationException("--top-k " + topK + " asks for more than --experts " + experts
                    + "; choose no more of them than there are.");
            }
            final Map<String, Object> settings = repetition.settings();
            settings.put("gate", gate);
            settings.put("seed", seed);
            repetition.print(spec.commandLine().getOut(), benchmark.toString(),
                BenchmarkReport.here("gate", settings, benchmark.results()));
        }
        return 0;
    }
}
