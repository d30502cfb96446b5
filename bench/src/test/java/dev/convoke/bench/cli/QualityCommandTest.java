package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QualityCommandTest {
    private static final Path GOLDEN = Path.of(System.getProperty("convoke.models"), "golden");

    @TempDir
    private Path scratch;

    private String passages(final String content) throws IOException {
        return Files.writeString(scratch.resolve("passages.json"), content).toString();
    }

    @Test
    void shouldHoldEveryCheckpointToTheFirst() throws IOException {
        final String original = GOLDEN.resolve("mixtral").toString();
        final JsonNode results = BenchRun.of("quality", original, GOLDEN.resolve("gguf/mixtral-bf16.gguf").toString(),
            GOLDEN.resolve("gguf/mixtral-q8_0.gguf").toString(), original, "--passages",
            passages("{\"passages\": [{\"token_ids\": [1, 20, 300, 41, 5]}, {\"token_ids\": [1, 7, 7]}]}"), "--dtype",
            "bf16,bf16,bf16,int8", "--json").report("quality").path("results");
        assertEquals(4, results.size());
        assertEquals(1, results.get(0).path("perplexity_ratio").asDouble());
        assertEquals(1, results.get(0).path("same_likeliest_token").asDouble());
        // The same weights in another format are the same model, bit for bit; eight bits are not.
        assertEquals(results.get(0).path("mean_nll").asDouble(), results.get(1).path("mean_nll").asDouble());
        for (final int eightBits : new int[] {2, 3}) {
            final JsonNode one = results.get(eightBits);
            assertTrue(one.path("mean_nll").asDouble() != results.get(0).path("mean_nll").asDouble());
            assertEquals(1, one.path("perplexity_ratio").asDouble(), 0.05);
            assertTrue(one.path("weight_bytes").asDouble() < results.get(0).path("weight_bytes").asDouble());
        }
    }

    @Test
    void shouldPrintATable() throws IOException {
        final BenchRun run = BenchRun.of("quality", GOLDEN.resolve("mixtral").toString(), "--passages",
            passages("{\"passages\": [{\"token_ids\": [1, 2, 3]}]}"));
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("2 tokens of 1 texts"), run.out());
        assertTrue(run.out().lines().anyMatch(line -> line.matches(
            "\\| mixtral \\| [0-9.]+ \\| [0-9.]+ \\| \\+0\\.00 % \\| 100\\.00 % \\|")), run.out());
    }

    @Test
    void shouldSayWhatIsWrongWithThePassages() throws IOException {
        final String model = GOLDEN.resolve("mixtral").toString();
        assertFails("has no 'passages'", model, passages("{}"));
        assertFails("passage 0 has 1 'token_ids'", model, passages("{\"passages\": [{\"token_ids\": [1]}]}"));
        assertFails("is no token", model, passages("{\"passages\": [{\"token_ids\": [1, 2.5]}]}"));
        assertFails("token 9999", model, passages("{\"passages\": [{\"token_ids\": [1, 9999]}]}"));
        final BenchRun types = BenchRun.of("quality", model, model, model, "--dtype", "f32,bf16");
        assertTrue(types.err().contains("--dtype has 2 types for 3 checkpoints"), types.err());
        assertFails("Cannot read the passages", model, scratch.resolve("missing.json").toString());
    }

    private static void assertFails(final String part, final String model, final String file) {
        final BenchRun run = BenchRun.of("quality", model, "--passages", file);
        assertEquals(1, run.exitCode(), run.out());
        assertTrue(run.err().contains(part), run.err());
    }
}
