package dev.convoke.bench.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioFileTest {
    private static final String GOOD = """
        title: A title
        sentence: What it shows.
        repeat: 3
        checkpoint: {directory: layer, options: --layers 1}
        server: {port: 18090, options: --hosts 2}
        steps:
          - command: gate --json={result}
            full: --repeat 5
            quick: --repeat 1
          - command: machine
            shown: false
            judges: true
        figures:
          - {name: speed, step: 2, at: "results[threads=2].median", factor: 1e-9, unit: GB/s, at-least: 0.5}
          - {name: other, at: x}
        """;

    @TempDir
    private Path directory;

    private Scenario read(final String text) throws IOException {
        return new ScenarioFile(Files.writeString(directory.resolve("some-name.yaml"), text)).read();
    }

    @Test
    void shouldReadEverythingThatAFileSays() throws IOException {
        final Scenario scenario = read(GOOD);
        assertEquals("some-name", scenario.name());
        assertEquals("A title", scenario.title());
        assertEquals("What it shows.", scenario.sentence());
        assertEquals(3, scenario.repeat());
        assertEquals(Optional.of(new Scenario.Checkpoint("layer", List.of("--layers", "1"))), scenario.checkpoint());
        assertEquals(Optional.of(new Scenario.Server(18090, List.of("--hosts", "2"))), scenario.server());
        assertEquals(List.of(new Scenario.Step(List.of("gate", "--json={result}"), List.of("--repeat", "5"),
            List.of("--repeat", "1"), true, false),
            new Scenario.Step(List.of("machine"), List.of(), List.of(), false, true)), scenario.steps());
        final Figure speed = scenario.figures().getFirst();
        assertEquals("speed 2 results[threads=2].median 1.0E-9 GB/s at least 0.5", String.join(" ", speed.name(),
            String.valueOf(speed.step()), speed.at().toString(), String.valueOf(speed.factor()), speed.unit(),
            speed.goal().orElseThrow().toString()));
        final Figure other = scenario.figures().getLast();
        assertEquals(1, other.step());
        assertEquals(1, other.factor());
        assertEquals(Optional.empty(), other.goal());
    }

    @Test
    void shouldTakeALeanFile() throws IOException {
        final Scenario scenario =
            read("title: t\nsentence: s\nsteps: [{command: gate}]\nfigures: [{name: n, at: x}]\n");
        assertEquals(1, scenario.repeat());
        assertEquals(Optional.empty(), scenario.checkpoint());
        assertEquals(Optional.empty(), scenario.server());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "title: A title | titel: A title | unknown key 'titel' in the scenario (did you mean 'title'?)",
        "title: A title | other: 1 | unknown key 'other' in the scenario; choose from checkpoint, figures",
        "title: A title | title: ' ' | lacks 'title'; add it",
        "repeat: 3 | repeat: 0 | has 0 for 'repeat'; give a whole number, at least 1",
        "repeat: 3 | repeat: often | has 'often' for 'repeat'; give a number",
        "directory: layer | directory: ../layer | '../layer'; use letters, digits and dashes",
        "step: 2 | step: 3 | takes the figure 'speed' from step 3 of 2; steps are counted from 1",
        "at-least: 0.5 | at-least: 0.5, at-most: 1 | two bounds; keep one",
        "results[threads=2].median | results[threads | no place in a result; write it as results[",
        "results[threads=2].median | results[threads].median | does not pick an object; write NAME=VALUE",
        "full: --repeat 5 | fulll: --repeat 5 | unknown key 'fulll' in a step (did you mean 'full'?)",
        "sentence: What it shows. | sentence: [ | is not valid YAML",
    })
    void shouldNameTheFileAndTheRemedy(final String from, final String to, final String said) {
        assertTrue(GOOD.contains(from), from);
        final ConfigurationException e =
            assertThrows(ConfigurationException.class, () -> read(GOOD.replace(from, to)));
        assertTrue(e.getMessage().contains("some-name.yaml"), e.getMessage());
        assertTrue(e.getMessage().contains(said), e.getMessage());
    }

    @Test
    void shouldRefuseWhatIsNoScenarioAtAll() {
        for (final String text : List.of("", "- a\n", "title: t\nsentence: s\nsteps: []\n")) {
            assertThrows(ConfigurationException.class, () -> read(text), text);
        }
    }

    @Test
    void shouldSayWhichScenariosThereAre() throws IOException {
        read(GOOD);
        final Scenarios scenarios = new Scenarios(directory);
        assertEquals(scenarios.all(), scenarios.named(List.of("all", "some-name")));
        final ConfigurationException e =
            assertThrows(ConfigurationException.class, () -> scenarios.named(List.of("sone-name")));
        assertEquals("There is no scenario 'sone-name' (did you mean 'some-name'?); choose from some-name or all.",
            e.getMessage());
        assertThrows(ConfigurationException.class, () -> new Scenarios(directory.resolve("missing")));
        assertThrows(ConfigurationException.class,
            () -> new Scenarios(Files.createDirectory(directory.resolve("empty"))));
    }
}
