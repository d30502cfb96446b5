package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.ConvokeProcess;
import dev.convoke.bench.scenarios.Scenario;
import dev.convoke.bench.scenarios.Scenarios;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class ScenarioCommandTest {
    private static final Path SHIPPED = Path.of("scenarios");
    private static final String GATE = """
        title: A gate
        sentence: It works.
        steps:
          - command: gate --json={result} --seconds 0.001 --warm-up-seconds 0 --repeat 2 --rows 2 --experts 8 --top-k 2
            quick: --seed 1
        figures:
          - {name: speed, at: "results[rows=2].ns_per_row", unit: ns, at-most: 1e9}
        """;

    @TempDir
    private Path directory;

    private BenchRun run(final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("scenario", "run", "--scenarios", directory.toString(),
            "--docs", directory.toString(), "--work", directory.toString()));
        arguments.addAll(List.of(more));
        return BenchRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void shouldMeasureAndWritePageAndHistory() throws IOException {
        Files.writeString(directory.resolve("some-gate.yaml"), GATE);
        final Path page = Files.writeString(directory.resolve("performance.md"), "# Performance\n");
        final BenchRun run = run("some-gate");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("goals: met"), run.out());
        assertTrue(Files.readString(page).contains("| rows | experts | top-k | ns/row |"), Files.readString(page));
        final JsonNode line = new ObjectMapper().readTree(Files.readString(directory.resolve("perf-history.jsonl")));
        assertEquals(2, line.path("figures").path("speed").path("samples").asInt(), line::toString);
        assertTrue(line.path("machine").path("processors").asInt() > 0, line::toString);
    }

    @Test
    void shouldWriteNothingWhenOnlyTrying() throws IOException {
        Files.writeString(directory.resolve("some-gate.yaml"), GATE);
        final BenchRun run = run("all", "--quick");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("--seed 1"), run.out());
        assertFalse(Files.exists(directory.resolve("perf-history.jsonl")));
    }

    @Test
    void shouldGoOnAfterAScenarioThatFails() throws IOException {
        Files.writeString(directory.resolve("a.yaml"), GATE.replace("--top-k 2", "--top-k 9"));
        Files.writeString(directory.resolve("b.yaml"), GATE.replace("[rows=2]", "[rows=3]"));
        Files.writeString(directory.resolve("c.yaml"), GATE);
        Files.writeString(directory.resolve("performance.md"), "# Performance\n");
        final BenchRun run = run("all");
        assertEquals(1, run.exitCode());
        assertTrue(run.err().contains("--top-k [9] asks for more than --experts [8]"), run.err());
        assertTrue(run.err().contains("b: The scenario 'b' finds no figure at results[rows=3].ns_per_row"), run.err());
        assertEquals(1, Files.readAllLines(directory.resolve("perf-history.jsonl")).size());
    }

    @Test
    void shouldRefuseToMeasureWhatItCouldNotWriteDown() throws IOException {
        Files.writeString(directory.resolve("some-gate.yaml"), GATE);
        assertEquals(2, run("some-gate").exitCode());
        assertEquals(2, run("another-gate").exitCode());
    }

    @Test
    void shouldShipScenariosOfCommandsThatExist() {
        final Set<String> titles = new HashSet<>();
        for (final Scenario scenario : new Scenarios(SHIPPED).all()) {
            assertTrue(titles.add(scenario.title()), scenario.name());
            for (final Scenario.Step step : scenario.steps()) {
                assertParses(scenario, step.arguments(), step.full());
                assertParses(scenario, step.arguments(), step.quick());
            }
            scenario.checkpoint().ifPresent(checkpoint ->
                assertParses(scenario, List.of("synthesize", "x"), checkpoint.arguments()));
        }
    }

    private static void assertParses(final Scenario scenario, final List<String> first, final List<String> more) {
        final List<String> all = new ArrayList<>(first);
        all.addAll(more);
        assertDoesNotThrow(() -> new CommandLine(new BenchCommand()).parseArgs(all.toArray(String[]::new)),
            () -> scenario.name() + ": " + all);
    }

    @Test
    void shouldShipServersWithOptionsThatExist() throws IOException, InterruptedException {
        for (final Scenario scenario : new Scenarios(SHIPPED).all()) {
            if (scenario.server().isPresent()) {
                final List<String> arguments = new ArrayList<>(List.of("config", "serve"));
                arguments.addAll(scenario.server().get().arguments());
                final Process process = ConvokeProcess.of(arguments).redirectErrorStream(true).start();
                final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertEquals(0, process.waitFor(), scenario.name() + ": " + said);
            }
        }
    }

    @Test
    void shouldListScenariosWithTheirGoals() {
        final BenchRun run = BenchRun.of("scenario", "list", "--scenarios", SHIPPED.toString());
        assertEquals(0, run.exitCode(), run.err());
        for (final String name : List.of("machine", "exchange", "gate", "model", "stages", "distribution-tiny-moe",
            "distribution-mixtral-layer", "serve", "resilience")) {
            assertTrue(run.out().contains(name + ": "), name);
        }
        assertTrue(run.out().contains("    IPC, 1 stream, times in-process: at least 0.9"), run.out());
    }
}
