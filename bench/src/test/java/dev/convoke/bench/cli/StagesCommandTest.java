package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StagesCommandTest {
    private static final Path MODEL = Path.of(System.getProperty("convoke.models"), "tiny-moe");

    private static BenchRun stages(final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("stages", "--model", MODEL.toString(), "--threads", "1",
            "--streams", "2", "--tokens", "8", "--warm-up-rounds", "1", "--repeat", "3"));
        arguments.addAll(Arrays.asList(more));
        return BenchRun.of(arguments.toArray(String[]::new));
    }

    /** Whether claims hold depends on the machine; the exit code has to say the same as the text. */
    @Test
    void shouldTellByItsExitCodeWhetherTheClaimsHold() {
        final BenchRun run = stages("--hosts", "2");
        assertEquals("", run.err());
        assertEquals(2, run.out().lines().filter(line -> line.matches("(PASS|FAIL): .*")).count(), run.out());
        assertEquals(run.out().contains("FAIL: ") ? 1 : 0, run.exitCode(), run.out());
        assertTrue(run.out().contains("| us a step: layer | attention | gate |"), run.out());
        assertTrue(run.out().contains("| host-1 | "), run.out());
    }

    @Test
    void shouldPrintOneObjectThatAReportCanRead() throws IOException {
        final BenchRun run = stages("--json");
        final JsonNode report = new ObjectMapper().readTree(run.out());
        assertEquals("stages", report.path("benchmark").asText());
        assertEquals(3, report.path("settings").path("repeat").asInt());
        final JsonNode result = report.path("results").path(0);
        assertEquals(3, result.path("runs").size());
        assertTrue(result.path("stages_us").path("attention").asDouble() > 0, run.out());
        assertTrue(result.path("hosts_us").path("host-0").path("expert").asDouble() > 0, run.out());
        boolean hold = true;
        for (final JsonNode claim : result.path("claims")) {
            hold &= claim.path("holds").asBoolean();
        }
        assertEquals(hold ? 0 : 1, run.exitCode(), run.out());
    }

    @Test
    void shouldRefuseCountsBelowOne() {
        BenchRun.assertRefused("--streams is 0", "stages", "--streams", "0");
        BenchRun.assertRefused("--tokens is 0", "stages", "--tokens", "0");
        BenchRun.assertRefused("--repeat is -1", "stages", "--repeat", "-1");
    }
}
