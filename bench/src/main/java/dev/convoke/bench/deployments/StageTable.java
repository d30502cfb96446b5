package dev.convoke.bench.deployments;

import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Microseconds by stage, deployment and round; prints itself as Markdown. */
public final class StageTable {
    private static final int EXACT_BELOW = 100;

    private final List<String> deployments;
    private final List<List<Map<String, Double>>> rounds = new ArrayList<>();

    StageTable(final List<String> deployments) {
        this.deployments = deployments;
        deployments.forEach(_ -> rounds.add(new ArrayList<>()));
    }

    /** What a deployment took in the next round. */
    void add(final int deployment, final Map<String, Double> times) {
        rounds.get(deployment).add(times);
    }

    /** Median and range of every stage, by deployment; for machines. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        for (int d = 0; d < deployments.size(); d++) {
            final Map<String, Object> stages = new LinkedHashMap<>();
            for (final String row : StageTimes.rows(rounds.get(d))) {
                stages.put(row, spread(d, row).toMap());
            }
            map.put(deployments.get(d), stages);
        }
        return map;
    }

    private Spread spread(final int deployment, final String row) {
        return Spread.of(rounds.get(deployment).stream().mapToDouble(times -> times.getOrDefault(row, 0.0)).toArray());
    }

    /** Medians with ranges. */
    @Override
    public String toString() {
        final StringBuilder table = new StringBuilder("| us of a layer and step |");
        deployments.forEach(name -> table.append(' ').append(name).append(" |"));
        table.append("\n|---|").append("---:|".repeat(deployments.size())).append('\n');
        for (final String row : StageTimes.rows(rounds.getFirst())) {
            table.append("| ").append(row).append(" |");
            for (int d = 0; d < deployments.size(); d++) {
                final Spread us = spread(d, row);
                table.append(' ').append(number(us.median())).append(" [").append(number(us.least())).append('-')
                    .append(number(us.most())).append("] |");
            }
            table.append('\n');
        }
        return table.toString();
    }

    private static String number(final double us) {
        return String.format(Locale.ROOT, us < EXACT_BELOW ? "%.1f" : "%.0f", us);
    }
}
