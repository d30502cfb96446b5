package dev.convoke.bench;

import dev.convoke.core.ConvokeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Rounds in which every deployment does the same work in turn, each round starting with another one. */
final class InterleavedRun {
    private static final List<String> PROMPTS = List.of("In the beginning", "It is a truth universally acknowledged",
        "def __init__(self", "And it came to pass", "She had been", "import os\n", "Blessed are", "Mr. Knightley");

    private final List<RunningDeployment> deployments;
    private final List<Integer> streams;
    private final int tokens;
    private final RateTable rates;

    InterleavedRun(final List<RunningDeployment> deployments, final List<Integer> streams, final int tokens) {
        this.deployments = deployments;
        this.streams = streams;
        this.tokens = tokens;
        this.rates = new RateTable(deployments.stream().map(RunningDeployment::name).toList(), streams);
    }

    void round(final int number, final boolean counted) throws InterruptedException {
        for (int s = 0; s < streams.size(); s++) {
            for (int turn = 0; turn < deployments.size(); turn++) {
                final int d = (number + turn) % deployments.size();
                final double rate = measure(deployments.get(d).client(), streams.get(s));
                if (counted) {
                    rates.add(d, s, rate);
                }
            }
        }
    }

    private double measure(final CompletionClient client, final int count) throws InterruptedException {
        final List<Callable<Integer>> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final String prompt = PROMPTS.get(i % PROMPTS.size());
            requests.add(() -> client.complete(prompt, tokens));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            final long startNs = System.nanoTime();
            long generated = 0;
            for (final Future<Integer> answer : threads.invokeAll(requests)) {
                generated += answer.get();
            }
            return generated * 1e9 / (System.nanoTime() - startNs);
        } catch (final ExecutionException e) {
            throw new ConvokeException("A request failed: " + e.getCause().getMessage(), e);
        }
    }

    /** What was measured. */
    RateTable table() {
        return rates;
    }
}
