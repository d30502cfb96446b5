package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Grid;
import dev.convoke.bench.report.Run;
import java.util.ArrayList;
import java.util.List;

/** Figures of {@code placement stats --json}: of each domain, how many rows chose each expert of each layer. */
final class PlacementStatsResult implements ResultReader {
    private static final String KIND = "placement-stats";
    private static final List<String> SETTINGS = List.of("model", "dtype", "numerics", "fingerprint", "layers",
        "experts", "top_k", "traces", "rows", "steps", "dropped_steps");

    @Override
    public boolean recognises(final JsonNode result) {
        return result.path("benchmark").asText().equals(KIND);
    }

    @Override
    public void read(final JsonNode file, final Run.Builder run) {
        run.kind(KIND);
        final JsonNode domains = file.path("domains");
        if (!domains.isArray() || domains.isEmpty()) {
            throw new DamagedResult("has no domains");
        }
        Descriptions.pairs(file).forEach((name, value) -> {
            if (SETTINGS.contains(name.replace(' ', '_'))) {
                run.setting(name, value);
            }
        });
        domains.forEach(domain -> run.grid(grid(domain)));
    }

    private static Grid grid(final JsonNode domain) {
        final String name = domain.path("name").asText("");
        final List<Integer> layers = new ArrayList<>();
        final List<double[]> values = new ArrayList<>();
        for (final JsonNode layer : domain.path("layers")) {
            if (!layer.path("layer").isInt() || !layer.path("tokens").isArray() || layer.get("tokens").isEmpty()) {
                throw new DamagedResult("has a layer of the domain '" + name + "' without its number or its tokens");
            }
            final double[] tokens = new double[layer.get("tokens").size()];
            for (int expert = 0; expert < tokens.length; expert++) {
                tokens[expert] = layer.get("tokens").get(expert).asDouble(-1);
                if (!(tokens[expert] >= 0)) {
                    throw new DamagedResult("has no count of rows for expert " + expert + " of layer "
                        + layer.get("layer").asInt() + " of the domain '" + name + "'");
                }
            }
            layers.add(layer.get("layer").asInt());
            values.add(tokens);
        }
        return new Grid(name, List.copyOf(layers), List.copyOf(values));
    }
}
