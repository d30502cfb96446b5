package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.machine.MeasuredCeilings;
import dev.convoke.bench.model.ModelBenchmark;
import dev.convoke.bench.model.ModelTest;
import dev.convoke.bench.model.StepLog;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Precision;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.cli.ModelOptions;
import dev.convoke.server.deployment.ServedDecoder;
import dev.convoke.tensor.KvPages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prefill and decode, with options named as those of llama-bench. */
@Command(name = "model", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures prompts and generation of a checkpoint with a decoder of its own, beside what the machine "
        + "can do. Options are named as those of llama-bench.")
final class ModelCommand implements Callable<Integer> {
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final long CEILING_RUN_NS = 200_000_000L;
    private static final int CEILING_RUNS = 5;

    @Option(names = {"-m", "--model"}, paramLabel = "PATH", defaultValue = "models/tiny-moe",
        description = "Checkpoint, as 'serve' takes it. Default: ${DEFAULT-VALUE}")
    private String model;

    @Option(names = {"-p", "--n-prompt"}, split = ",", paramLabel = "N", defaultValue = "512",
        description = "Tokens of a prompt, 0 for none. Default: ${DEFAULT-VALUE}")
    private List<Integer> prompts;

    @Option(names = {"-n", "--n-gen"}, split = ",", paramLabel = "N", defaultValue = "128",
        description = "Tokens to generate, 0 for none. Default: ${DEFAULT-VALUE}")
    private List<Integer> generations;

    @Option(names = {"-np", "--parallel"}, split = ",", paramLabel = "N", description = "Sequences that run together, "
        + "each with the largest prompt and generation asked for.")
    private List<Integer> parallel = List.of();

    @Option(names = {"-b", "--batch-size"}, split = ",", paramLabel = "N", defaultValue = "256",
        description = "The most rows of a step. Default: ${DEFAULT-VALUE}")
    private List<Integer> batches;

    @Option(names = {"-t", "--threads"}, split = ",", paramLabel = "N",
        description = "Threads that share a kernel's work. Default: one for each processor")
    private List<Integer> threads;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "f32, bf16 or int8. Default: the checkpoint's own.")
    private String dtype;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
        description = "Kernels, as 'serve' takes them. Default: ${DEFAULT-VALUE}")
    private String backend;

    @Option(names = {"-r", "--repeat"}, paramLabel = "N", defaultValue = "5",
        description = "Runs of each test, of which the median is taken. Default: ${DEFAULT-VALUE}")
    private int repeat;

    @Option(names = "--warm-ups", paramLabel = "N", defaultValue = "5",
        description = "Runs of each test before, for the JIT compiler. Default: ${DEFAULT-VALUE}")
    private int warmUps;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
        description = "Of the random prompts. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        final List<ModelTest> tests = tests();
        try (MeasuredCeilings ceilings = new MeasuredCeilings(CEILING_RUN_NS, CEILING_RUNS, 0)) {
            final ModelBenchmark benchmark = new ModelBenchmark(ceilings, warmUps, repeat, seed);
            for (final int count : threadCounts()) {
                for (final int batch : RepetitionOptions.atLeastOne("--batch-size", batches)) {
                    measure(benchmark, count, batch, tests);
                }
            }
            reporting.print(spec.commandLine().getOut(), benchmark.toString(),
                BenchmarkReport.here("model", settings(benchmark), benchmark.results()));
        }
        return 0;
    }

    private List<Integer> threadCounts() {
        return threads == null ? List.of(Runtime.getRuntime().availableProcessors())
            : RepetitionOptions.atLeastOne("--threads", threads);
    }

    private List<ModelTest> tests() {
        RepetitionOptions.atLeastOne("--repeat", repeat);
        final List<ModelTest> tests = new ArrayList<>();
        notNegative("--n-prompt", prompts).stream().filter(count -> count > 0)
            .forEach(count -> tests.add(new ModelTest(count, 0, 1)));
        notNegative("--n-gen", generations).stream().filter(count -> count > 0)
            .forEach(count -> tests.add(new ModelTest(1, count, 1)));
        final int longestPrompt = Math.max(1, prompts.stream().mapToInt(Integer::intValue).max().orElse(1));
        final int longestGeneration = generations.stream().mapToInt(Integer::intValue).max().orElse(0);
        RepetitionOptions.atLeastOne("--parallel", parallel)
            .forEach(count -> tests.add(new ModelTest(longestPrompt, longestGeneration, count)));
        if (tests.isEmpty()) {
            throw new ConfigurationException("--n-prompt and --n-gen are both 0; there is nothing to measure.");
        }
        return tests;
    }

    private static List<Integer> notNegative(final String option, final List<Integer> values) {
        values.forEach(value -> {
            if (value < 0) {
                throw new ConfigurationException(option + " is " + value + "; it must not be less than 0.");
            }
        });
        return values;
    }

    private void measure(final ModelBenchmark benchmark, final int count, final int batch, final List<ModelTest> tests)
        throws InterruptedException {
        final ModelSettings settings = new ModelSettings(ModelOptions.located(model),
            Optional.ofNullable(dtype).map(Precision::named), backend, count);
        final int rows = Math.max(batch, tests.stream().mapToInt(ModelTest::parallel).max().orElse(1));
        final StepLog log =
            new StepLog(Math.toIntExact(tests.stream().mapToLong(ModelTest::positions).max().orElse(1)));
        try (ServedDecoder served = new ServedDecoder(settings,
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 1, "round-robin", List.of()), Optional.empty(),
            context -> sized(context, tests, rows).observer(log), routing -> routing.capacityRows(rows),
            _ -> Optional.empty())) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            benchmark.run(served, log, count, batch, tests);
        }
    }

    /** Room in the cache for all sequences of the largest test. */
    private static DecoderContext sized(final DecoderContext context, final List<ModelTest> tests, final int rows) {
        final long pages = tests.stream()
            .mapToLong(test -> test.positions() / KvPages.PAGE_TOKENS + 2L * test.parallel()).max().orElseThrow();
        return context.tokenBudget(rows).kvPages(Math.toIntExact(pages))
            .maxSequences(tests.stream().mapToInt(ModelTest::parallel).max().orElseThrow());
    }

    private Map<String, Object> settings(final ModelBenchmark benchmark) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("model", ModelOptions.located(model).toAbsolutePath().normalize().getFileName().toString());
        settings.put("weight_bytes", benchmark.weightBytes());
        settings.put("dtype", dtype == null ? "the checkpoint's own" : dtype);
        settings.put("backend", backend);
        settings.put("repeat", repeat);
        settings.put("warm_ups", warmUps);
        settings.put("seed", seed);
        return settings;
    }
}
