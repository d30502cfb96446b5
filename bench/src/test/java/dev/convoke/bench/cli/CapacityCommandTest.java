package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapacityCommandTest {
    private static final String MODEL = Path.of(System.getProperty("convoke.models"), "golden", "mixtral").toString();

    @TempDir
    private Path scratch;

    @Test
    void shouldHoldEveryCapacityToDropless() throws IOException {
        final String passages = Files.writeString(scratch.resolve("passages.json"), "{\"passages\": [{\"token_ids\": "
            + "[1, 20, 300, 41, 5, 77, 8, 90, 111, 12]}, {\"token_ids\": [1, 7, 7, 21, 34, 55, 89, 144]}]}").toString();
        final JsonNode results = BenchRun.of("capacity", "--model", MODEL, "--passages", passages, "--policies",
            "spill,expanded-drop,drop", "--factors", "0.5,Infinity", "--hosts", "2", "--replicas", "2", "--pace",
            "fixed=1us", "--repeat", "1", "--json").report("capacity").path("results");
        assertEquals(7, results.size());
        for (final JsonNode result : results) {
            final String policy = result.path("policy").asText();
            final boolean drops = policy.endsWith("drop") && result.path("factor").asText().equals("0.5");
            assertEquals(drops, result.path("dropped_share").asDouble() + result.path("rerouted_share").asDouble() > 0,
                result.toString());
            assertEquals(drops, result.path("perplexity_ratio").asDouble() != 1, result.toString());
            assertTrue(result.path("layer_p99_ms").asDouble() > 0, result.toString());
        }
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        BenchRun.assertRefused("choose from dropless", "capacity", "--policies", "drip");
        BenchRun.assertRefused("capacity-factor is -1.0", "capacity", "--factors", "-1");
        BenchRun.assertRefused("capacity-policy dropless", "capacity", "--policies", "dropless");
        BenchRun.assertRefused("--repeat is 0", "capacity", "--repeat", "0");
    }
}
