package dev.convoke.bench.deployments;

import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rates by deployment, workload and round, the rounds in step with one another; prints itself as Markdown. */
public final class RateTable {
    private final List<String> deployments;
    private final List<String> workloads;
    private final List<List<List<Double>>> perSecond = new ArrayList<>();

    RateTable(final List<String> deployments, final List<String> workloads) {
        this.deployments = deployments;
        this.workloads = workloads;
        for (int d = 0; d < deployments.size(); d++) {
            perSecond.add(new ArrayList<>());
            workloads.forEach(_ -> perSecond.getLast().add(new ArrayList<>()));
        }
    }

    /** The rate of the next round. */
    void add(final int deployment, final int workload, final double rate) {
        perSecond.get(deployment).get(workload).add(rate);
    }

    /** Medians and ranges by deployment, of the rates and of each round's ratio to the first; for machines. */
    public Map<String, Object> toMap(final int workload) {
        final Map<String, Object> map = new LinkedHashMap<>();
        for (int d = 0; d < deployments.size(); d++) {
            map.put(deployments.get(d), Map.of("per_second", rates(d, workload).toMap(),
                "ratio", ratios(d, workload).toMap()));
        }
        return map;
    }

    private Spread rates(final int deployment, final int workload) {
        return Spread.of(perSecond.get(deployment).get(workload).stream().mapToDouble(Double::doubleValue).toArray());
    }

    private Spread ratios(final int deployment, final int workload) {
        final List<Double> rates = perSecond.get(deployment).get(workload);
        final List<Double> reference = perSecond.getFirst().get(workload);
        final double[] ratios = new double[rates.size()];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = rates.get(round) / reference.get(round);
        }
        return Spread.of(ratios);
    }

    /** Medians with ranges, and the median of each round's ratio to the first deployment, with its range. */
    @Override
    public String toString() {
        final StringBuilder table = new StringBuilder("| deployment |");
        workloads.forEach(title -> table.append(' ').append(title).append(" | ratio |"));
        table.append("\n|---|").append("---:|---:|".repeat(workloads.size())).append('\n');
        for (int d = 0; d < deployments.size(); d++) {
            table.append("| ").append(deployments.get(d)).append(" |");
            for (int w = 0; w < workloads.size(); w++) {
                final Spread rate = rates(d, w);
                final Spread ratio = ratios(d, w);
                final String form = rate.median() < 100 ? " %.1f [%.1f-%.1f] |" : " %.0f [%.0f-%.0f] |";
                table.append(String.format(Locale.ROOT, form + " %.2f [%.2f-%.2f] |", rate.median(), rate.least(),
                    rate.most(), ratio.median(), ratio.least(), ratio.most()));
            }
            table.append('\n');
        }
        return table.toString();
    }
}
