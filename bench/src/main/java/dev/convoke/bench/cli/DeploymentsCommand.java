package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.deployments.Deployment;
import dev.convoke.bench.deployments.InterleavedRun;
import dev.convoke.bench.deployments.RunningDeployment;
import dev.convoke.bench.deployments.Workload;
import dev.convoke.core.ConfigurationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What distribution costs: rates of the shipped deployments, one process against a decoder and two expert hosts over
 * IPC and over UDP, and where their time goes. All run at the same time and take turns, so that a noisy machine treats
 * them alike; only ratios of the same round are compared.
 */
@Command(name = "deployments", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Compare one process with expert hosts over IPC and UDP, stage by stage, in one interleaved run.")
public final class DeploymentsCommand implements Callable<Integer> {
    private static final int FIRST_PORT = 18080;

    @Option(names = "--model", description = "Model directory; the shipped one by default.")
    private Path model;

    @Option(names = "--dtype", description = "f32, bf16 or int8; the checkpoint's by default.")
    private String dtype;

    @Option(names = "--streams", split = ",", defaultValue = "1,8",
        description = "Concurrent streams to measure (default ${DEFAULT-VALUE}).")
    private List<Integer> streams;

    @Option(names = "--tokens", defaultValue = "256", description = "Tokens a stream (default ${DEFAULT-VALUE}).")
    private int tokens;

    @Option(names = "--prefill", split = ",", paramLabel = "ROWS",
        description = "Prompts to measure by themselves, of so many rows each.")
    private List<Integer> prefill = new ArrayList<>();

    @Option(names = "--temperature", defaultValue = "0", description = "Of sampling; the tokens are the same at every "
        + "deployment. Above 0, text and so routing vary with random weights, too (default ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(names = "--rounds", defaultValue = "9", description = "Rounds counted (default ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--warm-up-rounds", defaultValue = "12", description = "Rounds before (default ${DEFAULT-VALUE}).")
    private int warmUpRounds;

    @Option(names = "--decoder-options", paramLabel = "OPTIONS", defaultValue = "",
        description = "Further options of decoders with hosts elsewhere, as \"--threads 2\".")
    private String decoderOptions;

    @Option(names = "--host-options", paramLabel = "OPTIONS", defaultValue = "",
        description = "Further options of expert hosts, as \"--threads 2 --pace slowdown=2\".")
    private String hostOptions;

    @Option(names = "--base-port", defaultValue = "" + FIRST_PORT,
        description = "HTTP port of the first deployment; UDP ports are 100 higher (default ${DEFAULT-VALUE}).")
    private int basePort;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (rounds < 1 || tokens < 1 || streams.stream().anyMatch(count -> count < 1)
            || prefill.stream().anyMatch(rows -> rows < 1)) {
            throw new ConfigurationException("--rounds, --tokens, --streams and --prefill have to be at least 1 each.");
        }
        final List<Workload> workloads = new ArrayList<>();
        streams.forEach(count -> workloads.add(Workload.decode(count, tokens)));
        prefill.forEach(rows -> workloads.add(Workload.prefill(rows)));
        final List<RunningDeployment> running = new ArrayList<>();
        try {
            for (final Deployment deployment : Deployment.shipped(basePort, options())) {
                running.add(RunningDeployment.start(deployment, temperature));
            }
            running.forEach(RunningDeployment::awaitReady);
            final InterleavedRun run = new InterleavedRun(running, workloads);
            for (int round = 0; round < warmUpRounds + rounds; round++) {
                run.round(round, round >= warmUpRounds);
            }
            print(run, workloads);
        } finally {
            running.forEach(RunningDeployment::close);
        }
        return 0;
    }

    private Deployment.Options options() {
        final List<String> all = new ArrayList<>();
        if (model != null) {
            all.addAll(List.of("--model", model.toString()));
        }
        if (dtype != null) {
            all.addAll(List.of("--dtype", dtype));
        }
        return new Deployment.Options(all, words(decoderOptions), words(hostOptions));
    }

    private static List<String> words(final String options) {
        return options.isBlank() ? List.of() : List.of(options.strip().split("\\s+"));
    }

    private void print(final InterleavedRun run, final List<Workload> workloads) {
        final StringBuilder text = new StringBuilder(run.rates().toString());
        for (int w = 0; w < workloads.size(); w++) {
            text.append('\n').append(workloads.get(w).title()).append(":\n\n").append(run.stages(w));
        }
        reporting.print(spec.commandLine().getOut(), text.toString(), report(run, workloads));
    }

    private BenchmarkReport report(final InterleavedRun run, final List<Workload> workloads) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("model", String.valueOf(model));
        settings.put("dtype", String.valueOf(dtype));
        settings.put("temperature", temperature);
        settings.put("rounds", rounds);
        settings.put("warm_up_rounds", warmUpRounds);
        settings.put("decoder_options", decoderOptions);
        settings.put("host_options", hostOptions);
        final List<Map<String, Object>> results = new ArrayList<>();
        for (int w = 0; w < workloads.size(); w++) {
            final Map<String, Object> result = new LinkedHashMap<>();
            result.put("workload", workloads.get(w).title());
            result.put("streams", workloads.get(w).streams());
            result.put("prompt_tokens", workloads.get(w).prompt());
            result.put("output_tokens", workloads.get(w).tokens());
            result.put("rates", run.rates().toMap(w));
            result.put("stages_us", run.stages(w).toMap());
            results.add(result);
        }
        return BenchmarkReport.here("deployments", settings, results);
    }
}
