package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ExpertsCommandTest {
    @Test
    void shouldMeasureTheExpertsOfALayerAndExchangesWithTheirHosts() throws IOException {
        final JsonNode report = BenchRun.of("experts", "--layer", "64x48x4,32x32x2", "--rows", "0,1,5", "--backend",
            "vector", "--threads", "1", "--seconds", "0.01", "--warm-up-seconds", "0.01", "--exchange", "aeron-ipc",
            "--exchange-rows", "3", "--json").report("experts");
        assertEquals("canonical-1", report.path("settings").path("numerics").asText());
        assertEquals(8, report.path("results").size());
        final Set<String> seen = new TreeSet<>();
        report.path("results").forEach(row -> {
            if (row.has("exchange")) {
                seen.add(row.path("layer").asText() + " exchange " + row.path("rows").asInt());
                assertTrue(row.path("host_compute_us").asDouble() > 0, row::toString);
                assertTrue(row.path("p99_us").asDouble() >= row.path("p50_us").asDouble(), row::toString);
            } else {
                seen.add(row.path("layer").asText() + " ffn " + row.path("rows").asInt());
                assertTrue(row.path("batch_us").asDouble() > 0, row::toString);
                assertEquals(0, row.path("device_us").asDouble(), row::toString);
            }
        });
        // A token is two rows, of as many experts; then one and five for every expert.
        assertEquals(Set.of("64x48x4 ffn 2", "64x48x4 ffn 4", "64x48x4 ffn 20", "64x48x4 exchange 3",
            "32x32x2 ffn 2", "32x32x2 ffn 10", "32x32x2 exchange 3"), seen);
    }

    @Test
    void shouldRefuseWhatThereIsNot() {
        BenchRun.assertRefused("mixtral-8x7b", "experts", "--layer", "mixtral-9x7b");
        BenchRun.assertRefused("choose one from 1", "experts", "--layer", "64x0x4");
        BenchRun.assertRefused("'abacus'", "experts", "--backend", "abacus");
    }
}
