package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ExchangeCommandTest {
    private static String[] tiny(final String... more) {
        final List<String> all = new ArrayList<>(List.of("exchange", "--seconds", "0.02", "--warm-up-seconds", "0.02",
            "--repeat", "2"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void shouldMeasureEveryWireBesideThePlainOne() throws IOException {
        final JsonNode report = BenchRun.of(tiny("--bytes", "8k", "--hidden", "512", "--json")).report("exchange");
        final List<String> exchanges = new ArrayList<>();
        report.path("results").forEach(row -> {
            exchanges.add(row.path("exchange").asText());
            assertEquals(8, row.path("rows").asInt(), row::toString);
            assertEquals(8192, row.path("payload_bytes").asInt(), row::toString);
            // Frames have headers, and one result row comes back for each row.
            assertTrue(row.path("bytes_out").asInt() > 8192 && row.path("bytes_back").asInt() > 8192, row::toString);
            for (final String way : new String[] {"routed_us", "raw_us"}) {
                final JsonNode us = row.path(way);
                assertTrue(us.path("p50").path("median").asDouble() > 0, row::toString);
                assertTrue(us.path("p50").path("min").asDouble() <= us.path("p99").path("max").asDouble());
                assertTrue(us.has("p90") && us.has("p999") && us.has("max"), row::toString);
                assertEquals(2, us.path("p99").path("samples").asInt());
            }
            assertTrue(row.path("ratio").path("p50").path("median").asDouble() > 0, row::toString);
            assertTrue(row.path("ratio").path("p99").path("median").asDouble() > 0, row::toString);
            assertEquals(row.path("raw_us").path("p50").path("median").asDouble(), row.path("floor_us").asDouble());
            assertEquals(row.path("routed_us").path("p50").path("median").asDouble(),
                row.path("floor_us").asDouble() + row.path("gap_us").asDouble(), 1e-3);
            final boolean hasGoal = !row.path("exchange").asText().equals("in-process");
            assertEquals(hasGoal, row.has("goal_ratio"), row::toString);
            assertEquals(hasGoal && row.path("ratio").path("p50").path("median").asDouble()
                <= row.path("goal_ratio").asDouble(), row.path("goal_met").asBoolean(), row::toString);
            assertTrue(row.path("routed_count").asLong() >= 2 && row.path("raw_count").asLong() >= 2, row::toString);
        });
        assertEquals(List.of("in-process", "aeron-ipc", "aeron-udp"), exchanges);
    }

    @Test
    void shouldBringBackARowForEachChoiceFromEveryHost() throws IOException {
        final JsonNode report = BenchRun.of(tiny("--exchange", "in-process,aeron-ipc", "--rows", "5", "--hidden", "64",
            "--top-k", "3", "--hosts", "2", "--dtype", "f32", "--json")).report("exchange");
        assertEquals(2, report.path("results").size());
        report.path("results").forEach(row -> {
            assertEquals(2, row.path("hosts").asInt());
            assertEquals(5 * 64 * 4, row.path("payload_bytes").asInt());
            assertTrue(row.path("bytes_back").asInt() > 3 * 5 * 64 * 4, row::toString);
        });
    }

    @Test
    void shouldShowTheGapToThePlainOne() {
        final BenchRun run = BenchRun.of(tiny("--exchange", "in-process", "--rows", "1", "--hidden", "64"));
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("| ratio p50 |"), run.out());
        assertTrue(run.out().contains("| in-process | 1 | 1 x 64 |"), run.out());
        final String verdict = run.out().lines()
            .filter(line -> line.startsWith("in-process, 128 bytes, 1 host: floor ")).findFirst()
            .orElseThrow(() -> new AssertionError(run.out()));
        assertTrue(verdict.contains(" us above it; ") && verdict.endsWith(" at p99. No goal: there is no wire."),
            verdict);
    }

    @Test
    void shouldRefuseWhatContradictsItselfOrIsNotThere() {
        BenchRun.assertRefused("--bytes and --rows", "exchange", "--bytes", "8k", "--rows", "4");
        BenchRun.assertRefused("--bytes is 'much'", "exchange", "--bytes", "much");
        BenchRun.assertRefused("--hosts is 0", "exchange", "--hosts", "0");
        assertEquals(2, BenchRun.of(tiny("--exchange", "pigeon")).exitCode());
        BenchRun.assertRefused("aeron.speed", tiny("--exchange", "aeron-ipc", "--aeron", "speed=9"));
    }
}
