package dev.convoke.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConvokeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a benchmark leaves for machines: one JSON object a run.
 *
 * @param benchmark its name on the command line
 * @param machine   where it ran, see {@link MachineDescription}
 * @param settings  what was asked for
 * @param results   one object for each thing measured
 */
public record BenchmarkReport(String benchmark, Map<String, Object> machine, Map<String, Object> settings,
    List<Map<String, Object>> results) {

    /** A report of this machine. */
    public static BenchmarkReport here(final String benchmark, final Map<String, Object> settings,
        final List<Map<String, Object>> results) {
        return new BenchmarkReport(benchmark, MachineDescription.here(), settings, results);
    }

    /** The object as text of several lines. */
    public String toJson() {
        final Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", benchmark);
        object.put("machine", machine);
        object.put("settings", settings);
        object.put("results", results);
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(object);
        } catch (final JsonProcessingException e) {
            throw new ConvokeException("The results cannot be written as JSON: " + e.getMessage(), e);
        }
    }
}
