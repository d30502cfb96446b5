package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Results of every other benchmark: {@code {"benchmark": ..., "machine": ..., "settings": ..., "results": [...]}}. The
 * objects in {@code results} become the rows of a table; a figure that was measured several times is an object with
 * {@code median}, {@code min} and {@code max}.
 */
final class TabularResult implements ResultReader {
    private static final Map<String, String> UNITS = Map.of("_ns", "ns", "_us", "µs", "_ms", "ms", "_seconds", "s",
        "_percent", "%");

    private static final String VALUE = "value";
    private static final String UNIT = "unit";
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};
    private static final double KILO = 1000;

    @Override
    public boolean recognises(final JsonNode result) {
        return result.path("benchmark").isTextual() && result.path("results").isArray();
    }

    @Override
    public void read(final JsonNode file, final Run.Builder run) {
        run.kind(file.get("benchmark").asText()).date(file.path("date").asText(""));
        Descriptions.pairs(file.path("machine")).forEach(run::machine);
        Descriptions.pairs(file.path("settings")).forEach(run::setting);
        final Map<String, Boolean> numeric = new LinkedHashMap<>();
        final List<ObjectNode> results = new ArrayList<>();
        for (final JsonNode row : file.get("results")) {
            if (!row.isObject()) {
                throw new DamagedResult("has a result that is not an object: " + row);
            }
            results.add(tidy((ObjectNode)row.deepCopy()));
            results.getLast().properties().forEach(field -> numeric.merge(field.getKey(),
                Figures.isNumber(field.getValue()), Boolean::logicalAnd));
        }
        if (numeric.isEmpty()) {
            return;
        }
        final List<Table.Column> columns = new ArrayList<>();
        final List<Function<JsonNode, Table.Cell>> cells = new ArrayList<>();
        numeric.forEach((key, isNumber) -> {
            final String suffix = UNITS.keySet().stream().filter(key::endsWith).findFirst().orElse("");
            columns.add(new Table.Column(label(key.substring(0, key.length() - suffix.length())),
                UNITS.getOrDefault(suffix, ""), isNumber, Table.Column.AS_NEEDED));
            cells.add(row -> isNumber ? Figures.cell(row.path(key)) : Table.words(row.path(key).asText("")));
        });
        final List<List<Table.Cell>> rows = new ArrayList<>();
        results.forEach(row -> rows.add(cells.stream().map(cell -> cell.apply(row)).toList()));
        run.table(new Table(columns, rows));
    }

    /** A figure whose parts stand among the row's own becomes one object, in a unit with a prefix if it has one. */
    private static ObjectNode tidy(final ObjectNode row) {
        if (!row.path("median").isNumber()) {
            return row;
        }
        final ObjectNode figure = JsonNodeFactory.instance.objectNode();
        final double median = row.get("median").asDouble();
        int prefix = 0;
        double scale = 1;
        while (row.path(UNIT).isTextual() && median / scale >= KILO && prefix < PREFIXES.length - 1) {
            scale *= KILO;
            prefix++;
        }
        for (final String part : List.of("median", "min", "max")) {
            if (row.path(part).isNumber()) {
                figure.put(part, row.get(part).asDouble() / scale);
            }
        }
        final ObjectNode tidied = JsonNodeFactory.instance.objectNode();
        for (final Map.Entry<String, JsonNode> field : row.properties()) {
            switch (field.getKey()) {
                case "median" -> {
                    tidied.set(VALUE, figure);
                    if (row.path(UNIT).isTextual()) {
                        tidied.put(UNIT, PREFIXES[prefix] + row.get(UNIT).asText());
                    }
                }
                case "min", "max", "samples", UNIT -> {
                }
                default -> tidied.set(field.getKey(), field.getValue());
            }
        }
        return tidied;
    }

    private static String label(final String key) {
        final String words = key.replace('_', ' ').strip();
        return words.isEmpty() ? words : Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
