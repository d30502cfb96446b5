package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MachineCommandTest {
    private static final String[] TINY = {"--buffer", "4m", "--seconds", "0.002", "--repeat", "2"};

    private static String[] with(final String... more) {
        final String[] all = new String[1 + TINY.length + more.length];
        all[0] = "machine";
        System.arraycopy(TINY, 0, all, 1, TINY.length);
        System.arraycopy(more, 0, all, 1 + TINY.length, more.length);
        return all;
    }

    @Test
    void shouldMeasureEveryCeilingForEachNumberOfThreads() throws IOException {
        final JsonNode report = BenchRun.of(with("--threads", "1,2", "--json")).report("machine");
        assertEquals(4 << 20, report.path("settings").path("buffer_bytes").asLong());
        final Map<String, Double> medians = new HashMap<>();
        report.path("results").forEach(row -> {
            assertTrue(row.path("min").asDouble() > 0, row::toString);
            assertTrue(row.path("min").asDouble() <= row.path("median").asDouble(), row::toString);
            assertTrue(row.path("median").asDouble() <= row.path("max").asDouble(), row::toString);
            assertEquals(2, row.path("samples").asInt());
            assertFalse(row.path("how").asText().isEmpty());
            medians.put(row.path("figure").asText() + " " + row.path("threads").asInt(), row.path("median").asDouble());
        });
        for (final String figure : new String[] {"read_4k", "f32_fma", "bf16_widened", "int8_lanes16", "int8_pairs",
            "matmul_scalar_bf16", "matmul_vector_int8"}) {
            assertTrue(medians.containsKey(figure + " 1") && medians.containsKey(figure + " 2"), medians::toString);
        }
    }

    @Test
    void shouldSayWhatLimitsAModel() {
        final BenchRun run = BenchRun.of(with("--threads", "1"));
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("| read_4k | 1 |"), run.out());
        assertTrue(run.out().contains("1 thread: decode reads every weight"), run.out());
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        BenchRun.assertRefused("--threads is 0", "machine", "--threads", "0");
        BenchRun.assertRefused("--buffer is 'many'", "machine", "--buffer", "many");
        BenchRun.assertRefused("--repeat is 0", "machine", "--repeat", "0");
    }
}
