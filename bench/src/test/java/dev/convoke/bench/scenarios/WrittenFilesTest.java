package dev.convoke.bench.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.Spread;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrittenFilesTest {
    private static final String HAND_WRITTEN = "# Performance\n\nBefore.\n\n## GPUs\n\nBy hand.\n";
    private static final RunPlace PLACE = new RunPlace(Instant.parse("2026-02-03T04:05:06Z"), "abc1234",
        new LinkedHashMap<>(Map.of("cpu", "Some CPU", "processors", 2, "java", "25")));

    @TempDir
    private Path directory;

    private Path page;

    @BeforeEach
    void writePage() throws IOException {
        page = Files.writeString(directory.resolve("performance.md"), HAND_WRITTEN);
    }

    private static Figure figure(final String name, final double bound, final boolean isLeast) {
        return new Figure(name, 1, new ResultPath("x"), 1, "us", Optional.of(new Figure.Goal(bound, isLeast)));
    }

    private static Outcome outcome(final String name, final double ratio) {
        final Map<Figure, Spread> figures = new LinkedHashMap<>();
        figures.put(figure("ratio", 0.9, true), new Spread(ratio, ratio - 0.1, ratio + 0.1, 5));
        figures.put(new Figure("rate", 1, new ResultPath("x"), 1, "", Optional.empty()), Spread.of(12345.678));
        final Scenario scenario = new Scenario(name, "Title of " + name, "What it shows.", Optional.empty(),
            Optional.empty(), 1, List.of(), List.copyOf(figures.keySet()));
        return new Outcome(scenario, figures, List.of(new Outcome.Shown("gate --rows 1", "| a |\n")), 7);
    }

    @Test
    void shouldRewriteItsOwnSectionAndKeepWhatOthersWrote() throws IOException {
        final PerformancePage written = new PerformancePage(page);
        written.write(outcome("one", 0.95), PLACE);
        written.write(outcome("two", 0.95), PLACE);
        final String between = "\n## Also by hand\n\nBetween.\n\n";
        final String end = "<!-- end of scenario one -->\n";
        final String before = Files.readString(page).replace(end, end + between);
        Files.writeString(page, before);
        written.write(outcome("one", 0.5), PLACE);
        final String after = Files.readString(page);
        assertTrue(after.startsWith(HAND_WRITTEN), after);
        assertTrue(after.contains(between), after);
        assertEquals(before.replaceFirst("0.95 us . 0.85-1.05 . at least 0.9: met",
            "0.5 us | 0.4-0.6 | at least 0.9: missed"), after);
    }

    @Test
    void shouldShowFiguresPlaceAndWhatWasPrinted() throws IOException {
        new PerformancePage(page).write(outcome("one", 0.95), PLACE);
        assertEquals(HAND_WRITTEN + """

            <!-- scenario one: written by ./convoke bench scenario run one -->
            ## Title of one

            What it shows.

            | figure | median | range | goal |
            |---|---:|---:|---|
            | ratio | 0.95 us | 0.85-1.05 | at least 0.9: met |
            | rate | 12300 |  |  |

            2026-02-03, commit abc1234, Some CPU, 2 processors, Java 25; 7 s.

            `./convoke bench gate --rows 1`:

            | a |
            <!-- end of scenario one -->
            """, Files.readString(page));
    }

    @Test
    void shouldRefuseAPageThatIsMissingOrCutOff() throws IOException {
        assertThrows(ConfigurationException.class, () -> new PerformancePage(directory.resolve("none.md")));
        final PerformancePage written = new PerformancePage(page);
        written.write(outcome("one", 1), PLACE);
        final String cut = Files.readString(page).replace("<!-- end of scenario one -->\n", "");
        Files.writeString(page, cut);
        final ConvokeException e = assertThrows(ConvokeException.class, () -> written.write(outcome("one", 1), PLACE));
        assertTrue(e.getMessage().contains("add the line '<!-- end of scenario one -->'"), e.getMessage());
        assertEquals(cut, Files.readString(page));
    }

    @Test
    void shouldAddALineForEachRun() throws IOException {
        final Path file = directory.resolve("history.jsonl");
        final PerformanceHistory history = new PerformanceHistory(file);
        history.append(outcome("one", 0.95), PLACE);
        history.append(outcome("one", 0.5), PLACE);
        final List<String> lines = Files.readAllLines(file);
        assertEquals(2, lines.size());
        final JsonNode first = new ObjectMapper().readTree(lines.getFirst());
        assertEquals("2026-02-03T04:05:06Z abc1234 one 7 met", String.join(" ", first.path("date").asText(),
            first.path("commit").asText(), first.path("scenario").asText(), first.path("seconds").asText(),
            first.path("verdict").asText()));
        assertEquals("Some CPU", first.path("machine").path("cpu").asText());
        assertEquals("{\"median\":0.95,\"min\":0.85,\"max\":1.05,\"samples\":5,\"unit\":\"us\",\"at_least\":0.9}",
            first.path("figures").path("ratio").toString());
        assertFalse(first.path("figures").path("rate").has("unit"));
        assertEquals("missed", new ObjectMapper().readTree(lines.getLast()).path("verdict").asText());
    }
}
