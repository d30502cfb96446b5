package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Objects that describe a machine or settings, as pairs of words. */
final class Descriptions {
    private static final double KIB = 1024;
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Descriptions() {
    }

    /** Nested objects become several words of one pair; nulls and empty texts are left out. */
    static Map<String, String> pairs(final JsonNode object) {
        final Map<String, String> pairs = new LinkedHashMap<>();
        for (final Map.Entry<String, JsonNode> field : object.properties()) {
            final String text = text(field.getKey(), field.getValue());
            if (!text.isEmpty()) {
                pairs.put(name(field.getKey()), text);
            }
        }
        return pairs;
    }

    private static String text(final String key, final JsonNode value) {
        final StringBuilder text = new StringBuilder();
        if (value.isObject()) {
            for (final Map.Entry<String, JsonNode> field : value.properties()) {
                text.append(text.isEmpty() ? "" : ", ").append(field.getKey()).append(' ')
                    .append(text(key, field.getValue()));
            }
            return text.toString();
        }
        if (value.isArray()) {
            value.forEach(element -> text.append(text.isEmpty() ? "" : ", ").append(text(key, element)));
            return text.toString();
        }
        if (value.isNull()) {
            return "";
        }
        return key.endsWith("_bytes") && value.isNumber() ? bytes(value.asDouble()) : value.asText();
    }

    /** Without the unit's suffix where the value says the unit, and with blanks. */
    static String name(final String key) {
        return key.replaceAll("_bytes$", "").replace('_', ' ');
    }

    private static String bytes(final double count) {
        double value = count;
        int unit = 0;
        while (value >= KIB && unit < UNITS.length - 1) {
            value /= KIB;
            unit++;
        }
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }
}
