package dev.convoke.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import java.io.IOException;
import picocli.CommandLine.Option;

/** Fields that all requests have. */
final class BodyOptions {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--ignore-eos", description = "Answers do not end before their length; sends ignore_eos.")
    private boolean ignoreEos;

    @Option(names = "--temperature", paramLabel = "N", defaultValue = "0",
        description = "Of sampling (default ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(names = "--extra-body", paramLabel = "JSON", description = "An object of further fields, as in "
        + "'{\"top_k\": 20}'.")
    private String extraBody;

    ObjectNode fields(final String model) {
        final ObjectNode fields = JSON.createObjectNode();
        fields.put("model", model);
        fields.put("temperature", temperature);
        if (ignoreEos) {
            fields.put("ignore_eos", true);
        }
        if (extraBody != null) {
            fields.setAll(extra());
        }
        return fields;
    }

    private ObjectNode extra() {
        try {
            final JsonNode extra = JSON.readTree(extraBody);
            if (extra instanceof ObjectNode object) {
                return object;
            }
        } catch (final IOException e) {
            throw new ConfigurationException("--extra-body is not JSON: "
                + e.getMessage().lines().findFirst().orElse(""), e);
        }
        throw new ConfigurationException("--extra-body must be a JSON object, as in '{\"top_k\": 20}'.");
    }
}
