package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Results of {@code bench deployments --json}: rates of the same work by deployment, and for each workload where the
 * time of a layer goes, in microseconds.
 */
final class DeploymentsResult implements ResultReader {
    private static final String WAIT = "wait";
    private static final String WAITED_FOR = "- for ";
    private static final String OUTSIDE = "outside layers, a step";

    @Override
    public boolean recognises(final JsonNode result) {
        return result.path("benchmark").asText().equals("deployments") && result.path("results").isArray();
    }

    @Override
    public void read(final JsonNode file, final Run.Builder run) {
        run.kind("deployments").date(file.path("date").asText(""));
        Descriptions.pairs(file.path("machine")).forEach(run::machine);
        Descriptions.pairs(file.path("settings")).forEach(run::setting);
        final List<List<Table.Cell>> rows = new ArrayList<>();
        for (final JsonNode result : file.get("results")) {
            if (!result.path("rates").isObject() || !result.path("stages_us").isObject()) {
                throw new DamagedResult("has a result without rates or stages_us: " + result.path("workload").asText());
            }
            final String workload = result.path("workload").asText();
            for (final Map.Entry<String, JsonNode> rate : result.get("rates").properties()) {
                rows.add(List.of(Table.words(workload), Table.words(rate.getKey()),
                    Figures.cell(rate.getValue().path("per_second")), Figures.cell(rate.getValue().path("ratio")),
                    Figures.cell(result.get("stages_us").path(rate.getKey()).path(OUTSIDE))));
            }
            run.breakdown(layers(workload, result.get("stages_us")));
        }
        run.table(new Table(List.of(Table.Column.words("Workload"), Table.Column.words("Deployment"),
            Table.Column.numbers("Rate", "1/s"), Table.Column.numbers("Of one process", ""),
            Table.Column.numbers("Outside layers, a step", "µs")), rows));
    }

    /** What the wait was for stands in its place; what is no part of a layer is left out. */
    private static Breakdown layers(final String workload, final JsonNode byDeployment) {
        final Set<String> stages = new LinkedHashSet<>();
        byDeployment.forEach(deployment -> deployment.fieldNames().forEachRemaining(stages::add));
        stages.remove(OUTSIDE);
        if (stages.stream().anyMatch(stage -> stage.startsWith(WAITED_FOR))) {
            stages.remove(WAIT);
        }
        final List<String> deployments = new ArrayList<>();
        final List<double[]> amounts = new ArrayList<>();
        for (final Map.Entry<String, JsonNode> deployment : byDeployment.properties()) {
            deployments.add(deployment.getKey());
            amounts.add(stages.stream()
                .mapToDouble(stage -> deployment.getValue().path(stage).path("median").asDouble()).toArray());
        }
        return new Breakdown(workload, "µs per layer", deployments, stages.stream().map(stage ->
            stage.startsWith(WAITED_FOR) ? WAIT + ": " + stage.substring(WAITED_FOR.length()) : stage).toList(),
            amounts).inOrder();
    }
}
