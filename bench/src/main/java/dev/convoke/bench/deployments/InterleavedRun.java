package dev.convoke.bench.deployments;

import dev.convoke.core.ConvokeException;
import dev.convoke.server.client.MetricsPage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Rounds in which every deployment does the same work in turn, each round starting with another one. */
public final class InterleavedRun {
    private final List<RunningDeployment> deployments;
    private final List<Workload> workloads;
    private final RateTable rates;
    private final List<StageTable> stages = new ArrayList<>();

    /** Of deployments that are ready. */
    public InterleavedRun(final List<RunningDeployment> deployments, final List<Workload> workloads) {
        this.deployments = deployments;
        this.workloads = workloads;
        final List<String> names = deployments.stream().map(RunningDeployment::name).toList();
        this.rates = new RateTable(names, workloads.stream().map(Workload::title).toList());
        workloads.forEach(workload -> stages.add(new StageTable(names)));
    }

    /** All workloads once at all deployments; a round has the same prompts everywhere. */
    public void round(final int number, final boolean counted) throws InterruptedException, IOException {
        for (int w = 0; w < workloads.size(); w++) {
            for (int turn = 0; turn < deployments.size(); turn++) {
                final int d = (number + turn) % deployments.size();
                final CompletionClient client = deployments.get(d).client();
                final MetricsPage before = client.metrics();
                final double rate = measure(client, workloads.get(w), number);
                if (counted) {
                    rates.add(d, w, rate);
                    stages.get(w).add(d, StageTimes.between(before, client.metrics()));
                }
            }
        }
    }

    private static double measure(final CompletionClient client, final Workload workload, final int round)
        throws InterruptedException {
        final List<Callable<Integer>> requests = new ArrayList<>();
        for (final List<Integer> prompt : workload.prompts(round)) {
            final long seed = round * 1000L + requests.size();
            requests.add(() -> client.complete(prompt, workload.tokens(), seed));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            final long startNs = System.nanoTime();
            long generated = 0;
            for (final Future<Integer> answer : threads.invokeAll(requests)) {
                generated += answer.get();
            }
            final long counted = workload.rates() == Workload.Rates.TOKENS ? generated
                : (long)workload.streams() * workload.prompt();
            return counted * 1e9 / (System.nanoTime() - startNs);
        } catch (final ExecutionException e) {
            throw new ConvokeException("A request failed: " + e.getCause().getMessage(), e);
        }
    }

    /** Rates of all workloads. */
    public RateTable rates() {
        return rates;
    }

    /** Where the time of a workload went. */
    public StageTable stages(final int workload) {
        return stages.get(workload);
    }
}
