package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStep;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import dev.convoke.server.TraceFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code placement record --server} against a server that is a process of its own. */
@Timeout(300)
class LiveRecordingTest {
    private static final List<String> PROMPTS = List.of("In the beginning", "It is a truth universally",
        "public static void", "And the evening and the morning");
    private static final int MOST_TOKENS = 24;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;
    private static Path adminKeys;
    private static ConvokeProcess server;
    private static String address;

    @BeforeAll
    static void start() throws IOException {
        adminKeys = Files.writeString(directory.resolve("admin-keys"), "# operators\noperator\n");
        server = serve();
        address = address(server);
    }

    @AfterAll
    static void stop() {
        assertEquals(0, server.terminate(), server.said());
    }

    private static ConvokeProcess serve() {
        return ConvokeProcess.start("serve", "--model", TestModels.TINY.toString(), "--port", "0", "--threads", "1",
            "--admin-key-file", adminKeys.toString());
    }

    private static String address(final ConvokeProcess process) {
        process.awaitSaying("ready on http://127.0.0.1:");
        return process.said().replaceAll("(?s).*ready on (http://[0-9.:]+) in .*", "$1");
    }

    private static String[] arguments(final String from, final Path out, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("placement", "record", "--server", from,
            "--admin-key-file", adminKeys.toString(), "--output", out.toString()));
        arguments.addAll(Arrays.asList(more));
        return arguments.toArray(String[]::new);
    }

    private static void complete(final String prompt) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            final String body = JSON.createObjectNode().put("prompt", prompt).put("max_tokens", MOST_TOKENS)
                .put("temperature", 0).put("ignore_eos", true).toString();
            final HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(address
                + "/v1/completions")).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
        }
    }

    /** Experts by layer and slot of each row, by position, of each sequence in order of submission. */
    private static List<Map<Integer, List<Integer>>> routes(final Path trace, final String domain) {
        final TraceReader reader = TraceFile.open(trace);
        final TraceStep step = new TraceStep(reader.header());
        final Map<Long, Map<Integer, List<Integer>>> sequences = new TreeMap<>();
        while (reader.next(step)) {
            int row = 0;
            for (int run = 0; run < step.runs(); run++) {
                assertEquals(domain, reader.labels().get(step.label(run)));
                for (int i = 0; i < step.rows(run); i++, row++) {
                    final List<Integer> experts = new ArrayList<>();
                    for (int layer = 0; layer < reader.header().layers(); layer++) {
                        for (int slot = 0; slot < reader.header().topK(); slot++) {
                            experts.add(step.expert(layer, row, slot));
                        }
                    }
                    sequences.computeIfAbsent(step.sequence(run), _ -> new TreeMap<>())
                        .put(step.position(run) + i, experts);
                }
            }
        }
        return List.copyOf(sequences.values());
    }

    private static TraceEnd end(final Path trace) {
        final TraceReader reader = TraceFile.open(trace);
        final TraceStep step = new TraceStep(reader.header());
        while (reader.next(step)) {
            assertTrue(step.rows() > 0);
        }
        return reader.end();
    }

    @Test
    void shouldRecordTheRoutesThatAreRecordedWithoutAServer() throws Exception {
        final Path live = directory.resolve("live.trace");
        try (ConvokeProcess recording = ConvokeProcess.start(arguments(address, live, "--domain", "mixed"))) {
            recording.awaitSaying("recording at " + address);
            for (final String prompt : PROMPTS) {
                complete(prompt);
            }
            assertEquals(0, recording.terminate(), recording.said());
            assertTrue(recording.said().contains(live + ": "), recording.said());
        }
        assertEquals(TraceEnd.Reason.STOPPED, end(live).reason());
        final Path offline = directory.resolve("offline.trace");
        final Path prompts = Files.write(directory.resolve("prompts.txt"), PROMPTS);
        final CommandLineRun run = CommandLineRun.of("placement", "record", "--model", TestModels.TINY.toString(),
            "--threads", "1", "--prompts", prompts.toString(), "--domain", "mixed", "--max-tokens",
            Integer.toString(MOST_TOKENS), "--temperature", "0", "--ignore-eos", "--output", offline.toString());
        assertEquals(0, run.exitCode(), run.err());
        final List<Map<Integer, List<Integer>>> expected = routes(offline, "mixed");
        assertEquals(PROMPTS.size(), expected.size());
        assertTrue(expected.stream().allMatch(sequence -> sequence.size() >= MOST_TOKENS));
        assertEquals(expected, routes(live, "mixed"));
        assertEquals(0, CommandLineRun.of("placement", "stats", live.toString()).exitCode());
    }

    @Test
    void shouldEndAtItsLimitsByItself() throws Exception {
        final Path out = directory.resolve("short.trace");
        final CommandLineRun timed = CommandLineRun.of(arguments(address, out, "--seconds", "1"));
        assertEquals(0, timed.exitCode(), timed.err());
        assertEquals(TraceEnd.Reason.TIME, end(out).reason());
        try (ConvokeProcess recording = ConvokeProcess.start(arguments(address, out, "--steps", "5"))) {
            recording.awaitSaying("recording at");
            complete(PROMPTS.getFirst());
            assertEquals(0, recording.awaitExit(), recording.said());
        }
        assertEquals(TraceEnd.Reason.STEPS, end(out).reason());
        assertEquals(5, end(out).steps());
        try (ConvokeProcess recording = ConvokeProcess.start(arguments(address, out, "--bytes", "1k"))) {
            recording.awaitSaying("recording at");
            for (int i = 0; i < 3; i++) {
                complete(PROMPTS.getFirst());
            }
            assertEquals(0, recording.awaitExit(), recording.said());
            assertTrue(recording.said().contains("--bytes"), recording.said());
        }
        assertTrue(Files.size(out) <= 1024);
    }

    @Test
    void shouldKeepWhatHadComeWhenTheServerDies() throws Exception {
        final Path out = directory.resolve("cut.trace");
        try (ConvokeProcess mortal = serve()) {
            final String there = address(mortal);
            try (ConvokeProcess recording = ConvokeProcess.start(arguments(there, out))) {
                recording.awaitSaying("recording at");
                ProcessHandle.of(mortal.pid()).orElseThrow().destroyForcibly();
                assertEquals(1, recording.awaitExit(), recording.said());
                assertTrue(recording.said().contains("went away in the middle"), recording.said());
            }
        }
        assertEquals(TraceEnd.Reason.CUT_OFF, end(out).reason());
    }

    @Test
    void shouldSayWhatIsWrong() throws IOException {
        final Path out = Files.writeString(directory.resolve("kept.trace"), "kept");
        final Path unknown = Files.writeString(directory.resolve("unknown"), "somebody\n");
        final List<String> wrongKey = new ArrayList<>(List.of(arguments(address, out)));
        wrongKey.set(wrongKey.indexOf(adminKeys.toString()), unknown.toString());
        assertTrue(CommandLineRun.of(wrongKey.toArray(String[]::new)).complaint()
            .contains("does not know this admin key"));
        assertTrue(CommandLineRun.of(arguments("http://127.0.0.1:1", out)).complaint().contains("cannot be reached"));
        assertTrue(CommandLineRun.of(arguments("127.0.0.1", out)).complaint().contains("is no address"));
        assertTrue(CommandLineRun.of(arguments(address.replace("http", "https"), out)).complaint()
            .contains("over TLS"));
        assertTrue(CommandLineRun.of(arguments(address + "/v2", out)).complaint().contains("another version"));
        assertTrue(CommandLineRun.of(arguments(address, out, "--domain", "\u001b[2J")).complaint()
            .contains("cannot label rows"));
        assertTrue(CommandLineRun.of(arguments(address, out, "--temperature", "0")).complaint()
            .contains("contradicts"));
        assertEquals("kept", Files.readString(out));
        final CommandLineRun nowhere = CommandLineRun.of(arguments(address, directory.resolve("no/x.trace")));
        assertTrue(nowhere.complaint().contains("cannot be written"), nowhere.err());
    }

    @Test
    void shouldSayThatAnotherRecordingRuns() {
        final Path out = directory.resolve("first.trace");
        try (ConvokeProcess first = ConvokeProcess.start(arguments(address, out))) {
            first.awaitSaying("recording at");
            final CommandLineRun second = CommandLineRun.of(arguments(address, directory.resolve("second.trace")));
            assertEquals(1, second.exitCode());
            assertTrue(second.complaint().contains("one at a time"), second.err());
            assertFalse(Files.exists(directory.resolve("second.trace")));
            assertEquals(0, first.terminate(), first.said());
        }
    }
}
