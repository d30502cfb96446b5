package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementCommandTest {
    private static final Path TRACES = Path.of(System.getProperty("convoke.models"), "tiny-moe", "traces");

    @Test
    void shouldCompareEverySettingThatIsPossibleAndCountTheOthers() throws IOException {
        final JsonNode report = BenchRun.of("placement", "--experts", "8", "--hosts", "4,16", "--extra", "0,12.5",
            "--loads", "zipf-1.0,burst", "--seeds", "3", "--json").report("placement");
        assertEquals(4, value(report, "settings"));
        assertEquals(4, value(report, "settings_impossible"));
        assertEquals(12, value(report, "plans"));
        assertEquals(0, value(report, "plans_worse"));
        // Eight experts in pairs: the heaviest with the lightest is best, and both do that.
        assertEquals(2, value(report, "settings_equal_and_optimal"));
        assertEquals(2, value(report, "settings_better"));
        assertEquals(50, value(report, "settings_better_percent"));
        for (final JsonNode setting : settings(report)) {
            assertEquals(3, setting.path("plans").asInt());
            assertTrue(setting.path("bound").asDouble() >= 1, setting::toString);
            assertTrue(setting.path("balanced").asDouble() >= setting.path("bound").asDouble() - 1e-9,
                setting::toString);
            assertTrue(setting.path("active_objective_active_experts").asDouble()
                <= setting.path("balanced_active_experts").asDouble() + 1e-9, setting::toString);
        }
    }

    @Test
    void shouldSayInTablesWhatItFound() {
        final String text = BenchRun.of("placement", "--experts", "8", "--hosts", "4,16", "--extra", "0,50",
            "--loads", "zipf-1.0,burst", "--seeds", "3").out();
        assertTrue(text.contains("Impossible, since there are fewer slots than hosts: 8 slots on 16, 12 slots on 16"),
            text);
        assertTrue(text.contains("| experts | hosts | extra | zipf-1.0 | burst |"), text);
        assertTrue(text.contains(" = |"), text);
        assertTrue(text.contains("EPLB, together"), text);
    }

    @Test
    void shouldTakeTheLoadsOfTraces() throws IOException {
        final JsonNode report = BenchRun.of("placement", "--traces", TRACES.resolve("novel.trace") + ","
            + TRACES.resolve("code.trace"), "--hosts", "3", "--extra", "12.5", "--json").report("placement");
        assertEquals(List.of("novel", "code", "(all)"), settings(report).stream()
            .map(setting -> setting.path("load").asText()).toList());
        assertEquals(0, value(report, "plans_worse"));
    }

    @Test
    void shouldMeasureHowLongAPlanTakes() throws IOException {
        final JsonNode solve = BenchRun.of("placement", "--solve-time", "--layers", "2", "--experts", "8,16", "--hosts",
            "4", "--extra", "12.5", "--seeds", "2", "--json").report("placement").path("results").path(0);
        assertEquals(16, solve.path("experts").asInt());
        assertEquals(2, solve.path("solve_seconds").path("samples").asInt());
        assertTrue(solve.path("balanced").asDouble() <= solve.path("eplb").asDouble() + 1e-9, solve::toString);
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        BenchRun.assertRefused("choose from zipf-0.6", "placement", "--loads", "zipf");
        BenchRun.assertRefused("--extra has -1.0", "placement", "--extra", "-1");
        BenchRun.assertRefused("--hosts [64]", "placement", "--experts", "8", "--hosts", "64", "--seeds", "1");
    }

    private static double value(final JsonNode report, final String figure) {
        for (final JsonNode result : report.path("results")) {
            if (result.path("figure").asText().equals(figure)) {
                return result.path("value").asDouble();
            }
        }
        throw new AssertionError("no " + figure + " in " + report);
    }

    private static List<JsonNode> settings(final JsonNode report) {
        final List<JsonNode> settings = new ArrayList<>();
        report.path("results").forEach(result -> {
            if (result.has("load")) {
                settings.add(result);
            }
        });
        return settings;
    }
}
