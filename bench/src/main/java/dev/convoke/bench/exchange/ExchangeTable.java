package dev.convoke.bench.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What exchanges of several shapes over several wires took, each beside its plain ping-pong and its goal. */
public final class ExchangeTable {
    /** How many times the plain median an exchange may take; within a thread there is no wire to be measured by. */
    private static final Map<String, Double> GOALS = Map.of(Wire.AERON_IPC, 1.3, Wire.AERON_UDP, 1.2);
    private static final long KIB = 1024;

    private record Row(String exchange, ExchangeShape shape, LegBytes bytes, Contest.Outcome outcome) {
        Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("exchange", exchange);
            map.putAll(shape.toMap());
            map.put("bytes_out", bytes.totalOut());
            map.put("bytes_back", bytes.totalBack());
            map.putAll(outcome.toMap());
            map.put("floor_us", floorUs());
            map.put("gap_us", gapUs());
            if (GOALS.containsKey(exchange)) {
                map.put("goal_ratio", GOALS.get(exchange));
                map.put("goal_met", isGoalMet());
            }
            return map;
        }

        private double floorUs() {
            return outcome.rawUs(50).median();
        }

        private double gapUs() {
            return outcome.routedUs(50).median() - floorUs();
        }

        private boolean isGoalMet() {
            return outcome.ratio(50).median() <= GOALS.get(exchange);
        }

        String verdict() {
            final long payload = shape.payloadBytes();
            final String size = payload % KIB == 0 ? payload / KIB + " KiB" : payload + " bytes";
            final String goal = !GOALS.containsKey(exchange) ? "No goal: there is no wire."
                : String.format(Locale.ROOT, "Goal %.1fx: %s.", GOALS.get(exchange), isGoalMet() ? "met" : "missed");
            return String.format(Locale.ROOT, "%s, %s, %d host%s: floor %.1f us, %.1f us above it; %.2fx at p50, %.2fx "
                + "at p99. %s%n", exchange, size, shape.hosts(), shape.hosts() == 1 ? "" : "s", floorUs(), gapUs(),
                outcome.ratio(50).median(), outcome.ratio(99).median(), goal);
        }
    }

    private final List<Row> rows = new ArrayList<>();

    /** Adds what was measured. */
    public void add(final String exchange, final ExchangeShape shape, final LegBytes bytes,
        final Contest.Outcome outcome) {
        rows.add(new Row(exchange, shape, bytes, outcome));
    }

    /** For machines: one object for each row. */
    public List<Map<String, Object>> results() {
        return rows.stream().map(Row::toMap).toList();
    }

    /** For people: medians over the runs; ratios with their range; then a line for each with the floor and the gap. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("| exchange | hosts | rows | bytes out/back | p50 us | p99 us "
            + "| p99.9 us | raw p50 us | raw p99 us | raw p99.9 us | ratio p50 | ratio p99 |\n"
            + "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for (final Row row : rows) {
            final Contest.Outcome outcome = row.outcome();
            text.append(String.format(Locale.ROOT, "| %s | %d | %d x %d | %d/%d | %.1f | %.1f | %.1f | %.1f | %.1f "
                + "| %.1f | %.2f [%.2f-%.2f] | %.2f |%n", row.exchange(), row.shape().hosts(), row.shape().rows(),
                row.shape().hidden(), row.bytes().totalOut(), row.bytes().totalBack(),
                outcome.routedUs(50).median(), outcome.routedUs(99).median(), outcome.routedUs(99.9).median(),
                outcome.rawUs(50).median(), outcome.rawUs(99).median(), outcome.rawUs(99.9).median(),
                outcome.ratio(50).median(), outcome.ratio(50).least(), outcome.ratio(50).most(),
                outcome.ratio(99).median()));
        }
        text.append('\n');
        rows.forEach(row -> text.append(row.verdict()));
        return text.toString();
    }
}
