package dev.convoke.bench;

import dev.convoke.core.ConvokeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
    private final List<List<List<Double>>> tokensPerSecond = new ArrayList<>();

    InterleavedRun(final List<RunningDeployment> deployments, final List<Integer> streams, final int tokens) {
        this.deployments = deployments;
        this.streams = streams;
        this.tokens = tokens;
        for (int d = 0; d < deployments.size(); d++) {
            tokensPerSecond.add(new ArrayList<>());
            streams.forEach(count -> tokensPerSecond.getLast().add(new ArrayList<>()));
        }
    }

    void round(final int number, final boolean counted) throws InterruptedException {
        for (int s = 0; s < streams.size(); s++) {
            for (int turn = 0; turn < deployments.size(); turn++) {
                final int d = (number + turn) % deployments.size();
                final double rate = measure(deployments.get(d).client(), streams.get(s));
                if (counted) {
                    tokensPerSecond.get(d).get(s).add(rate);
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

    /** Markdown: medians with ranges, and the median of each round's ratio to the first deployment. */
    String table() {
        final StringBuilder table = new StringBuilder("| deployment |");
        streams.forEach(count -> table.append(count == 1 ? " 1 stream, tokens/s | ratio |"
            : " " + count + " streams, tokens/s | ratio |"));
        table.append("\n|---|").append("---:|---:|".repeat(streams.size())).append('\n');
        for (int d = 0; d < deployments.size(); d++) {
            table.append("| ").append(deployments.get(d).name()).append(" |");
            for (int s = 0; s < streams.size(); s++) {
                table.append(cell(tokensPerSecond.get(d).get(s), tokensPerSecond.getFirst().get(s)));
            }
            table.append('\n');
        }
        return table.toString();
    }

    private static String cell(final List<Double> rates, final List<Double> reference) {
        final double[] sorted = rates.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        final double[] ratios = new double[rates.size()];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = rates.get(round) / reference.get(round);
        }
        Arrays.sort(ratios);
        return String.format(Locale.ROOT, " %.0f [%.0f-%.0f] | %.2f |", median(sorted), sorted[0],
            sorted[sorted.length - 1], median(ratios));
    }

    private static double median(final double[] sorted) {
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
