package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.report.SampleRuns;
import dev.convoke.server.cli.Convoke;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
    @TempDir
    private Path directory;

    @Test
    void shouldWriteAPageAndItsImages() throws IOException {
        SampleRuns.all(directory);
        final BenchRun run = BenchRun.of("report", directory.toString(), "--title", "Two servers");
        assertEquals(0, run.exitCode(), run.err());
        final String page = Files.readString(directory.resolve("report.html"));
        assertTrue(page.contains("<title>Two servers</title>"));
        assertTrue(run.out().contains("Wrote " + directory.resolve("report.html") + ", 9 runs."), run.out());
        final List<Path> images;
        try (Stream<Path> files = Files.list(directory.resolve("report-figures"))) {
            images = files.toList();
        }
        assertEquals(page.split("<svg ", -1).length - 1, images.size());
        for (final Path image : images) {
            assertTrue(ImageIO.read(image.toFile()).getWidth() > 600, image.toString());
        }
    }

    @Test
    void shouldCompareWithTheRunThatIsAskedFor() throws IOException {
        SampleRuns.all(directory);
        final Path page = directory.resolve("other/page.html");
        final BenchRun run = BenchRun.of("report", directory.toString(), "--baseline", "rate-20", "--no-images",
            "--output", page.toString());
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(Files.readString(page).contains("Ratios are to the first run, rate-20."));
        assertFalse(Files.exists(directory.resolve("other/page-figures")));
        final BenchRun unknown = BenchRun.of("report", directory.toString(), "--baseline", "nope");
        assertEquals(1, unknown.exitCode());
        assertTrue(unknown.err().contains("There is no run 'nope'; choose from deployments, gate, stages, traces, "
            + "coarse, rate-5, rate-10, rate-20, rate-40."), unknown.err());
    }

    @Test
    void shouldDrawWhatPlacementStatsSays() throws Exception {
        final Path model = Path.of(System.getProperty("convoke.models"), "tiny-moe");
        final List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
            .toString(), "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Convoke.class.getName(), "placement", "stats", "--json"));
        for (final String domain : List.of("scripture", "novel", "code")) {
            command.add(model.resolve("traces").resolve(domain + ".trace").toString());
        }
        final Process stats = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(directory.resolve("shipped.json").toFile()).start();
        assertEquals(0, stats.waitFor());
        final BenchRun run = BenchRun.of("report", directory.toString(), "--no-images");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("", run.err());
        final String page = Files.readString(directory.resolve("report.html"));
        for (final String domain : List.of("scripture", "novel", "code", "(all)")) {
            assertTrue(page.contains("shipped, " + domain), domain);
        }
        assertTrue(page.contains("layer 5, expert 7: "));
    }

    @Test
    void shouldGoOnWithoutDamagedFilesAndNameThem() throws IOException {
        SampleRuns.all(directory);
        Files.writeString(directory.resolve("cut.json"), "{\"completed\": ");
        final BenchRun run = BenchRun.of("report", directory.toString(), "--no-images");
        assertEquals(0, run.exitCode());
        assertTrue(run.err().contains("cut.json is not valid JSON"), run.err());
        assertTrue(Files.readString(directory.resolve("report.html")).contains("cut.json is not valid JSON"));
    }

    @Test
    void shouldSayThatThereIsNothing() {
        final BenchRun run = BenchRun.of("report", directory.toString());
        assertEquals(1, run.exitCode());
        assertTrue(run.err().contains("No results were found in " + directory + "; benchmarks leave them with"),
            run.err());
        assertFalse(Files.exists(directory.resolve("report.html")));
    }
}
