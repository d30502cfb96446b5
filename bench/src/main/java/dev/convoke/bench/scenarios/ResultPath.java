package dev.convoke.bench.scenarios;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a figure is in a JSON object: names with dots between them, each perhaps with the fields, in brackets, that
 * tell one object of a list from the others: {@code results[figure=read_2m,threads=2].median}. Without, the first of a
 * list is meant.
 */
public final class ResultPath {
    private static final Pattern PART = Pattern.compile("([^.\\[\\]]+)(?:\\[([^\\[\\]]*)])?(\\.|$)");

    private record Part(String name, Map<String, String> fields) {
    }

    private final String text;
    private final List<Part> parts = new ArrayList<>();

    /** Throws {@link IllegalArgumentException} unless it is written as above. */
    public ResultPath(final String text) {
        this.text = text;
        final Matcher matcher = PART.matcher(text);
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            parts.add(new Part(matcher.group(1), fields(matcher.group(2))));
            end = matcher.end();
        }
        if (end != text.length() || text.isEmpty() || text.endsWith(".")) {
            throw new IllegalArgumentException("'" + text + "' is no place in a result; write it as "
                + "results[figure=read_2m,threads=2].median");
        }
    }

    private static Map<String, String> fields(final String list) {
        final Map<String, String> fields = new LinkedHashMap<>();
        if (list != null) {
            for (final String field : list.split(",")) {
                final int sign = field.indexOf('=');
                if (sign < 1) {
                    throw new IllegalArgumentException("'" + field + "' does not pick an object; write NAME=VALUE");
                }
                fields.put(field.substring(0, sign).strip(), field.substring(sign + 1).strip());
            }
        }
        return fields;
    }

    /** The figure there, several samples or one; nothing if there is none. */
    public Optional<Spread> in(final JsonNode result) {
        JsonNode node = result;
        for (final Part part : parts) {
            node = picked(node.path(part.name()), part.fields());
        }
        if (node.path("median").isNumber()) {
            return Optional.of(new Spread(node.get("median").asDouble(), node.path("min").asDouble(),
                node.path("max").asDouble(), node.path("samples").asInt(1)));
        }
        return node.isNumber() ? Optional.of(Spread.of(node.asDouble())) : Optional.empty();
    }

    private static JsonNode picked(final JsonNode node, final Map<String, String> fields) {
        if (fields.isEmpty()) {
            return node.isArray() ? node.path(0) : node;
        }
        for (final JsonNode element : node) {
            if (fields.entrySet().stream()
                .allMatch(field -> element.path(field.getKey()).asText().equals(field.getValue()))) {
                return element;
            }
        }
        return node.path(-1);
    }

    @Override
    public String toString() {
        return text;
    }
}
