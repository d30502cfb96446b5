package dev.convoke.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Compares decode throughput of the shipped deployments, one process against a decoder and two expert hosts over IPC
 * and over UDP. All run at the same time and take turns, so that a noisy machine treats them alike; only ratios of
 * the same round are compared.
 */
@Command(name = "deployments", mixinStandardHelpOptions = true,
    description = "Compare tokens/s of one process with expert hosts over IPC and UDP, in one interleaved run.")
public final class DeploymentsCommand implements Callable<Integer> {
    private static final int FIRST_PORT = 18080;

    @Option(names = "--model", description = "Model directory; the shipped one by default.")
    private Path model;

    @Option(names = "--dtype", description = "f32 or bf16; the checkpoint's by default.")
    private String dtype;

    @Option(names = "--rounds", defaultValue = "9", description = "Rounds counted (default ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--warm-up-rounds", defaultValue = "12", description = "Rounds before (default ${DEFAULT-VALUE}).")
    private int warmUpRounds;

    @Option(names = "--tokens", defaultValue = "256", description = "Tokens a stream (default ${DEFAULT-VALUE}).")
    private int tokens;

    @Option(names = "--streams", split = ",", defaultValue = "1,8",
        description = "Concurrent streams to measure (default ${DEFAULT-VALUE}).")
    private List<Integer> streams;

    @Option(names = "--base-port", defaultValue = "" + FIRST_PORT,
        description = "HTTP port of the first deployment (default ${DEFAULT-VALUE}).")
    private int basePort;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        final PrintWriter out = spec.commandLine().getOut();
        final List<Deployment> deployments = Deployment.shipped(basePort, overrides());
        final List<RunningDeployment> running = new ArrayList<>();
        try {
            for (final Deployment deployment : deployments) {
                running.add(RunningDeployment.start(deployment));
            }
            for (final RunningDeployment deployment : running) {
                deployment.awaitReady();
            }
            final InterleavedRun run = new InterleavedRun(running, streams, tokens);
            for (int round = 0; round < warmUpRounds; round++) {
                run.round(round, false);
            }
            for (int round = 0; round < rounds; round++) {
                run.round(round, true);
            }
            out.print(run.table());
            out.flush();
        } finally {
            running.forEach(RunningDeployment::close);
        }
        return 0;
    }

    private List<String> overrides() {
        final List<String> flags = new ArrayList<>();
        if (model != null) {
            flags.addAll(List.of("--model", model.toString()));
        }
        if (dtype != null) {
            flags.addAll(List.of("--dtype", dtype));
        }
        return flags;
    }
}
