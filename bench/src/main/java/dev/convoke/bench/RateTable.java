package dev.convoke.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Rates by deployment, workload and round, the rounds in step with one another; prints itself as Markdown. */
final class RateTable {
    private final List<String> deployments;
    private final List<Integer> streams;
    private final List<List<List<Double>>> tokensPerSecond = new ArrayList<>();

    RateTable(final List<String> deployments, final List<Integer> streams) {
        this.deployments = deployments;
        this.streams = streams;
        for (int d = 0; d < deployments.size(); d++) {
            tokensPerSecond.add(new ArrayList<>());
            streams.forEach(count -> tokensPerSecond.getLast().add(new ArrayList<>()));
        }
    }

    /** The rate of the next round. */
    void add(final int deployment, final int workload, final double rate) {
        tokensPerSecond.get(deployment).get(workload).add(rate);
    }

    /** Medians with ranges, and the median of each round's ratio to the first deployment. */
    @Override
    public String toString() {
        final StringBuilder table = new StringBuilder("| deployment |");
        streams.forEach(count -> table.append(' ').append(count).append(count == 1 ? " stream" : " streams")
            .append(", tokens/s | ratio |"));
        table.append("\n|---|").append("---:|---:|".repeat(streams.size())).append('\n');
        for (int d = 0; d < deployments.size(); d++) {
            table.append("| ").append(deployments.get(d)).append(" |");
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
