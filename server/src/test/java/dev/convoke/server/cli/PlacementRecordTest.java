package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStep;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import dev.convoke.server.TraceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class PlacementRecordTest {
    /** As the model's page says; the model and the output are of the test. */
    private static final String SHIPPED = "placement record --prompts models/tiny-moe/prompts.json --domain $domain "
        + "--max-tokens 64 --seed 1 --max-sequences 16 --token-budget 256 --bytes 1m "
        + "--output models/tiny-moe/traces/$domain.trace";
    private static final Path TRACES = TestModels.TINY.resolve("traces");

    @TempDir
    private Path directory;

    private static CommandLineRun record(final Path out, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("placement", "record", "--model",
            TestModels.TINY.toString(), "--threads", "1", "--output", out.toString()));
        arguments.addAll(Arrays.asList(more));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static TraceReader read(final Path trace) {
        final TraceReader reader = TraceFile.open(trace);
        final TraceStep step = new TraceStep(reader.header());
        while (reader.next(step)) {
            assertTrue(step.rows() > 0);
        }
        return reader;
    }

    @ParameterizedTest
    @ValueSource(strings = {"scripture", "novel", "code"})
    void shouldRecordTheShippedTraceAgain(final String domain) throws IOException {
        assertTrue(Files.readString(TestModels.TINY.resolve("README.md")).replaceAll("\\s*\\\\\n\\s*", " ")
            .contains(SHIPPED), "the page tells another command than this test runs");
        final Path out = directory.resolve("again.trace");
        final String[] arguments = SHIPPED.replace("models/tiny-moe/prompts.json",
            TestModels.TINY.resolve("prompts.json").toString()).replaceAll("placement record | --output .*", "")
            .replace("$domain", domain).split(" ");
        final CommandLineRun run = record(out, arguments);
        assertEquals(0, run.exitCode(), run.err());
        final Path shipped = TRACES.resolve(domain + ".trace");
        assertArrayEquals(Files.readAllBytes(shipped), Files.readAllBytes(out), "the routes of tiny-moe are no longer "
            + "those of " + shipped);
    }

    @Test
    void shouldTakeAllDomainsOfAFileUnlessOneIsNamed() throws IOException {
        final Path prompts = Files.writeString(directory.resolve("p.jsonl"), """
            {"prompt": "In the beginning", "domain": "scripture"}

            {"prompt": "It is a truth", "domain": "novel"}
            {"prompt": "and then"}
            """);
        final Path out = directory.resolve("all.trace");
        assertEquals(0, record(out, "--prompts", prompts.toString(), "--max-tokens", "3").exitCode());
        assertEquals(List.of("", "scripture", "novel"), read(out).labels());
        assertEquals(0, record(out, "--prompts", prompts.toString(), "--max-tokens", "3", "--domain", "novel")
            .exitCode());
        assertEquals(List.of("", "novel"), read(out).labels());
        final String complaint = record(out, "--prompts", prompts.toString(), "--domain", "code").complaint();
        assertTrue(complaint.contains("no prompt of the domain 'code'; it has scripture, novel"), complaint);
        final Path lines = Files.writeString(directory.resolve("p.txt"), "one line\nanother\n");
        assertEquals(0, record(out, "--prompts", lines.toString(), "--max-tokens", "1", "--domain", "mine")
            .exitCode());
        assertEquals(List.of("", "mine"), read(out).labels());
    }

    @Test
    void shouldSayWhatIsWrongWithPrompts() throws IOException {
        final Path out = directory.resolve("x.trace");
        final Path file = directory.resolve("p.jsonl");
        assertTrue(record(out, "--prompts", file.toString()).complaint().contains("cannot be read"));
        Files.writeString(file, "{\"prompt\": 7}\n");
        assertTrue(record(out, "--prompts", file.toString()).complaint().contains("line 1 has no text 'prompt'"));
        Files.writeString(file, "{\"prompt\":\n");
        assertTrue(record(out, "--prompts", file.toString()).complaint().contains("line 1 is not JSON"));
        Files.writeString(file, "\n");
        assertTrue(record(out, "--prompts", file.toString()).complaint().contains("holds no prompts"));
        Files.writeString(file, "{\"prompt\": \"a\", \"domain\": \"\\u001b[2J\"}\n");
        assertTrue(record(out, "--prompts", file.toString()).complaint().contains("cannot label rows"));
        Files.writeString(file, "{\"prompt\": \"a\"}\n");
        assertTrue(record(directory.resolve("nowhere/x.trace"), "--prompts", file.toString()).complaint()
            .contains("cannot be written"));
        assertTrue(record(out, "--prompts", file.toString(), "--bytes", "2g").complaint().contains("at most"));
    }

    @Test
    void shouldEndAtTheLargestSize() throws IOException {
        final Path prompts = Files.writeString(directory.resolve("p.txt"), "In the beginning\n");
        final Path out = directory.resolve("small.trace");
        final CommandLineRun run = record(out, "--prompts", prompts.toString(), "--max-tokens", "500", "--ignore-eos",
            "--bytes", "2k");
        assertEquals(0, run.exitCode());
        assertTrue(run.err().contains("--bytes"), run.err());
        assertTrue(Files.size(out) <= 2048);
        assertEquals(TraceEnd.Reason.SIZE, read(out).end().reason());
    }

    @Test
    void shouldEndAfterSoManySteps() throws IOException {
        final Path prompts = Files.writeString(directory.resolve("p.txt"), "In the beginning\n");
        final Path out = directory.resolve("few.trace");
        assertEquals(0, record(out, "--prompts", prompts.toString(), "--max-tokens", "50", "--ignore-eos", "--steps",
            "9").exitCode());
        final TraceEnd end = read(out).end();
        assertEquals(TraceEnd.Reason.STEPS, end.reason());
        assertEquals(9, end.steps());
    }

    @Test
    void shouldWantAServerOrPrompts() {
        final Path out = directory.resolve("x.trace");
        assertTrue(record(out).complaint().contains("--server, or prompts"));
        assertTrue(record(out, "--server", "http://127.0.0.1:1").complaint().contains("contradicts --server"));
        assertTrue(record(out, "--prompts", "p.txt", "--server-certificate", "c.pem").complaint()
            .contains("needs --server"));
        assertTrue(record(out, "--prompts", "p.txt", "--steps", "0").complaint().contains("give 1 or more"));
        assertTrue(record(out, "--prompts", "p.txt", "--bytes", "100").complaint().contains("at least 1024"));
    }

    @Test
    void shouldEndProperlyWhenTheProcessIsToldTo() throws IOException {
        final Path prompts = Files.writeString(directory.resolve("p.txt"), "In the beginning\n".repeat(200));
        final Path out = directory.resolve("early.trace");
        try (ConvokeProcess process = ConvokeProcess.start("placement", "record", "--model",
            TestModels.TINY.toString(), "--threads", "1", "--prompts", prompts.toString(), "--max-tokens", "2000",
            "--ignore-eos", "--output", out.toString())) {
            process.awaitSaying("recording 200 prompts");
            assertEquals(0, process.terminate(), process.said());
            assertTrue(process.said().contains(out + ": "), process.said());
        }
        assertEquals(TraceEnd.Reason.STOPPED, read(out).end().reason());
    }
}
