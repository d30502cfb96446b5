package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ModelCommandTest {
    private static final String MODEL = Path.of(System.getProperty("convoke.models"), "tiny-moe").toString();
    /** Of tiny-moe's experts, six layers of eight, in bf16. */
    private static final double MOST_BYTES = 40e6;

    private static String[] tiny(final String... more) {
        final List<String> all =
            new ArrayList<>(List.of("model", "-m", MODEL, "-r", "2", "--warm-ups", "0", "-t", "1"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void shouldMeasurePromptsGenerationAndParallelSequences() throws IOException {
        final JsonNode report = BenchRun.of(tiny("-p", "20", "-n", "4", "-np", "2", "-b", "8,16", "--json"))
            .report("model");
        assertEquals("tiny-moe", report.path("settings").path("model").asText());
        final double weights = report.path("settings").path("weight_bytes").asDouble();
        assertTrue(weights > 1e6 && weights < MOST_BYTES, () -> "weights " + weights);
        final List<String> measured = new ArrayList<>();
        report.path("results").forEach(row -> {
            measured.add(row.path("test").asText() + " " + row.path("phase").asText() + " "
                + row.path("batch").asInt());
            assertEquals(2, row.path("tokens_per_second").path("samples").asInt());
            assertTrue(row.path("tokens_per_second").path("min").asDouble() > 0, row::toString);
            assertTrue(row.path("operations_per_second").path("median").asDouble() > 0, row::toString);
            assertEquals(1, row.path("gap").asDouble() * Math.max(row.path("share_of_read_ceiling").asDouble(),
                row.path("share_of_f32_ceiling").asDouble()), 1e-9);
        });
        assertEquals(List.of("pp20 prompt 8", "tg4 generation 8", "pp20+tg4 x2 prompt 8", "pp20+tg4 x2 generation 8",
            "pp20 prompt 16", "tg4 generation 16", "pp20+tg4 x2 prompt 16", "pp20+tg4 x2 generation 16"), measured);
    }

    @Test
    void shouldCountTheWeightsThatStepsRead() throws IOException {
        final JsonNode results = BenchRun.of(tiny("-p", "16", "-n", "3", "-b", "16", "--json")).report("model")
            .path("results");
        final double prompt = results.get(0).path("weight_bytes_per_token").asDouble() * 16;
        final double token = results.get(1).path("weight_bytes_per_token").asDouble();
        // A token reads its own experts, sixteen tokens together nearly all of them, everything else once either way.
        assertTrue(token < prompt && prompt < MOST_BYTES && prompt < 16 * token, () -> token + " and " + prompt);
    }

    @Test
    void shouldShowFloorAndGap() {
        final BenchRun run = BenchRun.of(tiny("-p", "8", "-n", "0"));
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("| pp8 | prompt | 1 | 256 |"), run.out());
        assertTrue(run.out().contains("floor tok/s | gap |"), run.out());
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        BenchRun.assertRefused("nothing to measure", "model", "-p", "0", "-n", "0");
        BenchRun.assertRefused("--n-prompt is -1", "model", "-p", "-1");
        BenchRun.assertRefused("--batch-size is 0", "model", "-m", MODEL, "-b", "0");
        assertEquals(1, BenchRun.of("model", "-m", "no-such-model").exitCode());
    }
}
