package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GateCommandTest {
    @Test
    void shouldMeasureEveryCombinationThatThereCanBe() throws IOException {
        final JsonNode report = BenchRun.of("gate", "--rows", "1,3", "--experts", "4,8", "--top-k", "2,8", "--seconds",
            "0.002", "--warm-up-seconds", "0", "--repeat", "2", "--json").report("gate");
        assertEquals("softmax-top-k", report.path("settings").path("gate").asText());
        // Eight of four experts cannot be chosen.
        assertEquals(6, report.path("results").size());
        report.path("results").forEach(row -> {
            assertTrue(row.path("top_k").asInt() <= row.path("experts").asInt(), row::toString);
            assertTrue(row.path("floor_ns").asDouble() > 0, row::toString);
            assertEquals(row.path("ns_per_row").path("median").asDouble() / row.path("floor_ns").asDouble(),
                row.path("gap").asDouble(), 1e-9);
        });
    }

    @Test
    void shouldRefuseWhatThereIsNot() {
        BenchRun.assertRefused("softmax-top-k", "gate", "--gate", "softmax-top-j");
        BenchRun.assertRefused("--top-k [9]", "gate", "--top-k", "9", "--experts", "8", "--rows", "1");
        BenchRun.assertRefused("--rows is 0", "gate", "--rows", "0");
    }
}
