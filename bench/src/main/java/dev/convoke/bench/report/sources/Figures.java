package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Table;

/** Figures as result files write them: a number, or an object with {@code median}, {@code min} and {@code max}. */
final class Figures {
    private Figures() {
    }

    static boolean isNumber(final JsonNode value) {
        return value.isNumber() || value.isNull() || value.path("median").isNumber();
    }

    /** The number, with the range beside it where there is one; an empty cell where it is missing. */
    static Table.Cell cell(final JsonNode value) {
        if (value.isObject()) {
            final int decimals = Digits.decimals(value.path("median").asDouble());
            final String range = value.has("min") && value.has("max")
                ? Digits.fixed(value.get("min").asDouble(), decimals) + "–"
                    + Digits.fixed(value.get("max").asDouble(), decimals) : "";
            return new Table.Number(value.path("median").asDouble(), range, Table.Tone.PLAIN);
        }
        return Table.number(value.isNumber() ? value.asDouble() : Double.NaN);
    }
}
