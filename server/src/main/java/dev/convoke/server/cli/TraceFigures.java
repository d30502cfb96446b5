package dev.convoke.server.cli;

import dev.convoke.loadbalance.trace.ActiveExperts;
import dev.convoke.loadbalance.trace.DomainStatistics;
import dev.convoke.loadbalance.trace.TraceHeader;
import dev.convoke.loadbalance.trace.TraceStatistics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Statistics of routing traces as nested maps of plain values; docs/routing-traces.md lists the fields. */
final class TraceFigures {
    private TraceFigures() {
    }

    static Map<String, Object> of(final TraceStatistics statistics, final List<Path> traces) {
        final TraceHeader header = statistics.header();
        final Map<String, Object> all = new LinkedHashMap<>();
        all.put("benchmark", "placement-stats");
        all.put("model", header.model());
        all.put("fingerprint", header.fingerprint().toString());
        all.put("numerics", header.numerics().toString());
        all.put("dtype", header.operandType().name().toLowerCase(Locale.ROOT));
        all.put("layers", header.layers());
        all.put("experts", header.experts());
        all.put("top_k", header.topK());
        all.put("traces", traces.stream().map(Path::toString).toList());
        all.put("steps", statistics.steps());
        all.put("dropped_steps", statistics.droppedSteps());
        all.put("rows", statistics.all().rows());
        all.put("domains", TraceTable.shown(statistics).stream().map(domain -> domain(statistics, domain)).toList());
        return all;
    }

    private static Map<String, Object> domain(final TraceStatistics statistics, final DomainStatistics domain) {
        final Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("name", domain.name());
        figures.put("rows", domain.rows());
        figures.put("share", (double)domain.rows() / statistics.all().rows());
        figures.put("prefill_rows", domain.rows() - domain.decodeRows());
        figures.put("decode_rows", domain.decodeRows());
        figures.put("steps", domain.steps());
        final List<Map<String, Object>> layers = new ArrayList<>();
        for (int layer = 0; layer < statistics.header().layers(); layer++) {
            if (domain.isRouted(layer)) {
                layers.add(layer(domain, layer));
            }
        }
        figures.put("layers", layers);
        return figures;
    }

    private static Map<String, Object> layer(final DomainStatistics domain, final int layer) {
        final Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("layer", layer);
        figures.put("rows", domain.rows(layer));
        figures.put("tokens", domain.load(layer));
        figures.put("active_steps", domain.active().stepsOfExperts(layer));
        figures.put("max_over_mean", domain.maxOverMean(layer));
        figures.put("balancedness", domain.balancedness(layer));
        figures.put("co_activation", domain.together(layer));
        figures.put("next_layer", domain.nextLayer(layer));
        figures.put("active_experts", active(domain.active(), layer));
        return figures;
    }

    private static List<Map<String, Object>> active(final ActiveExperts active, final int layer) {
        final List<Map<String, Object>> sizes = new ArrayList<>();
        for (int size = 0; size < ActiveExperts.CLASSES; size++) {
            if (active.steps(layer, size) > 0) {
                final Map<String, Object> figures = new LinkedHashMap<>();
                figures.put("least_rows", ActiveExperts.leastRows(size));
                figures.put("most_rows", ActiveExperts.mostRows(size));
                figures.put("steps", active.steps(layer, size));
                figures.put("mean", active.mean(layer, size));
                sizes.add(figures);
            }
        }
        return sizes;
    }
}
