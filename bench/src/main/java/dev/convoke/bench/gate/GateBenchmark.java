package dev.convoke.bench.gate;

import dev.convoke.bench.Ceilings;
import dev.convoke.bench.Repetition;
import dev.convoke.bench.Spread;
import dev.convoke.core.DType;
import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * From router logits to a grouped plan, on one thread, as the decoder runs it. The floor is what reading the logits
 * from cache takes, or one vector comparison for each, whichever is longer.
 */
public final class GateBenchmark {
    private static final String[] COLUMNS = {"rows", "experts", "top_k"};

    private record Row(int rows, int experts, int topK, Spread nsPerRow, double bytesNs, double operationsNs) {
        double floorNs() {
            return Math.max(bytesNs, operationsNs);
        }

        double gap() {
            return nsPerRow.median() / floorNs();
        }

        Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put(COLUMNS[0], rows);
            map.put(COLUMNS[1], experts);
            map.put(COLUMNS[2], topK);
            map.put("ns_per_row", nsPerRow.toMap());
            map.put("floor_bytes_ns", bytesNs);
            map.put("floor_operations_ns", operationsNs);
            map.put("floor_ns", floorNs());
            map.put("gap", gap());
            return map;
        }
    }

    private final Gate gate;
    private final Ceilings ceilings;
    private final Repetition repetition;
    private final long seed;
    private final List<Row> rows = new ArrayList<>();

    /**
     * Measures nothing yet.
     *
     * @param seed of the logits
     */
    public GateBenchmark(final Gate gate, final Ceilings ceilings, final Repetition repetition, final long seed) {
        this.gate = gate;
        this.ceilings = ceilings;
        this.repetition = repetition;
        this.seed = seed;
    }

    /** Measures one shape; fewer experts than choices are passed over. */
    public void run(final int rowCount, final int experts, final int topK) {
        if (topK > experts) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            final RowBuffer logits = new RowBuffer(arena, DType.F32, rowCount, experts);
            final SplittableRandom random = new SplittableRandom(seed);
            for (int row = 0; row < rowCount; row++) {
                for (int expert = 0; expert < experts; expert++) {
                    logits.set(row, expert, (float)random.nextGaussian());
                }
            }
            final RoutingPlan plan = new RoutingPlan(experts, topK, rowCount);
            final Spread ns = repetition.nsPerCall(() -> gate.route(logits, rowCount, plan)).times(1.0 / rowCount);
            final double bytes = (double)experts * Float.BYTES;
            final double bytesPerNs = ceilings.readBytesPerSecond(1, Math.round(bytes * rowCount)).median() / 1e9;
            final double comparisonsPerNs = ceilings.f32OperationsPerSecond(1).median() / 2 / 1e9;
            rows.add(new Row(rowCount, experts, topK, ns, bytes / bytesPerNs, experts / comparisonsPerNs));
        }
    }

    /** Whether any shape was measured. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** For machines: one object for each shape. */
    public List<Map<String, Object>> results() {
        return rows.stream().map(Row::toMap).toList();
    }

    /** For people. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("| rows | experts | top-k | ns/row | range | floor ns/row "
            + "| gap |\n|---:|---:|---:|---:|---:|---:|---:|\n");
        for (final Row row : rows) {
            text.append(String.format(Locale.ROOT, "| %d | %d | %d | %.1f | %.1f-%.1f | %.2f (%s) | %.1fx |%n",
                row.rows(), row.experts(), row.topK(), row.nsPerRow().median(), row.nsPerRow().least(),
                row.nsPerRow().most(), row.floorNs(),
                row.bytesNs() > row.operationsNs() ? "bytes" : "operations", row.gap()));
        }
        return text.toString();
    }
}
