package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operators' commands and routes against a server with three hosts in its process, each expert on two of them. */
@Timeout(240)
class ClusterCommandTest {
    @TempDir
    private static Path directory;

    private static ConvokeProcess process;
    private static String address;
    private static Path key;
    private static Path apiKey;

    @BeforeAll
    static void start() throws Exception {
        key = Files.writeString(directory.resolve("admin-key"), "operator\n");
        apiKey = Files.writeString(directory.resolve("api-key"), "client\n");
        process = ConvokeProcess.start("serve", "--model", TestModels.TINY.toString(), "--hosts", "3", "--replicas",
            "2", "--threads", "1", "--port", "0", "--admin-key-file", key.toString(), "--api-key-file",
            apiKey.toString());
        process.awaitSaying("ready on http://127.0.0.1:");
        address = process.said().replaceAll("(?s).*ready on (http://[0-9.:]+) in .*", "$1");
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (IntStream.range(0, 3).anyMatch(host -> !status().at("/hosts/" + host + "/up").asBoolean())) {
            assertTrue(System.nanoTime() < deadlineNs, "a host is not up");
        }
    }

    @AfterAll
    static void stop() {
        process.kill();
    }

    private static CommandLineRun run(final String... words) {
        final List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--server", address, "--admin-key-file", key.toString()));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static String succeed(final String... words) {
        final CommandLineRun run = run(words);
        assertEquals(0, run.exitCode(), run.err());
        return run.out();
    }

    private static String fail(final String... words) {
        final CommandLineRun run = run(words);
        assertEquals(1, run.exitCode(), run.out());
        return run.complaint();
    }

    private static JsonNode status() {
        try {
            return new ObjectMapper().readTree(succeed("cluster", "status", "--json"));
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpResponse<String> post(final String route, final String body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create(address + "/admin/v1" + route))
                .header("Authorization", "Bearer operator").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String withoutEpoch(final String shown) {
        return shown.substring(shown.indexOf('\n'));
    }

    @Test
    void shouldDrainAHostAddItAndPutAnExportedPlacementBack() {
        final Path file = directory.resolve("placement.json");
        final String first = succeed("placement", "show");
        succeed("placement", "export", file.toString());
        assertTrue(succeed("cluster", "drain", "host-0").contains("done, epoch "));
        assertEquals(0, status().at("/hosts/0/replicas_placed").asInt());
        assertEquals(48, status().at("/hosts/1/replicas_placed").asInt());
        final String drained = succeed("cluster", "status").lines().filter(line -> line.startsWith("host-0"))
            .findFirst().orElseThrow();
        assertTrue(drained.contains("drained"), drained);
        assertTrue(fail("placement", "apply", file.toString()).contains("host 0, which is drained"));
        assertTrue(succeed("cluster", "add", "host-0").contains("done, epoch "));
        assertTrue(status().at("/hosts/0/replicas_placed").asInt() > 0);
        assertTrue(succeed("placement", "apply", file.toString()).contains("done, epoch "));
        assertEquals(withoutEpoch(first), withoutEpoch(succeed("placement", "show")));
        assertEquals(status().path("epoch"), status().path("decoder_epoch"));
        assertEquals("", status().path("last_failure").asText());
    }

    @Test
    void shouldShowWhatTheServerDoes() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertEquals(200, client.send(HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                .header("Authorization", "Bearer client").POST(HttpRequest.BodyPublishers.ofString(
                    "{\"prompt\": \"In the\", \"max_tokens\": 8, \"ignore_eos\": true}")).build(),
                HttpResponse.BodyHandlers.ofString()).statusCode());
        }
        final String shown = succeed("top", "--interval", "10ms", "--api-key-file", apiKey.toString());
        assertTrue(shown.startsWith("tiny-moe at " + address + ", up "), shown);
        for (int host = 0; host < 3; host++) {
            final String name = "host-" + host;
            assertTrue(shown.lines().anyMatch(line -> line.matches(name + " +(up|drained) +(closed|trial) .*")), shown);
        }
        assertTrue(shown.contains("0 failovers") && shown.contains("attention"), shown);
        final JsonNode figures = new ObjectMapper().readTree(succeed("top", "--json", "--interval", "10ms",
            "--api-key-file", apiKey.toString()));
        assertEquals(3, figures.path("hosts").size());
        assertEquals(6, figures.path("layers").size());
        assertEquals(1, figures.at("/hosts/0/share").asDouble() + figures.at("/hosts/1/share").asDouble()
            + figures.at("/hosts/2/share").asDouble(), 1e-9);
        assertTrue(figures.path("step_ms").asDouble() > 0, figures.toString());
        assertTrue(figures.at("/layers/5/busiest_expert_over_mean").asDouble() >= 1, figures.toString());
        assertTrue(fail("top", "--once").contains("--api-key-file"));
        assertEquals(2, run("top", "--interval", "0s").exitCode());
    }

    @Test
    void shouldSayWhatIsWrongWithACommand() throws IOException {
        assertTrue(fail("cluster", "drain", "host-7").contains("choose one of host-0, host-1, host-2"));
        assertTrue(fail("cluster", "cancel").contains("No replicas are being moved."));
        final Path file = directory.resolve("wrong.json");
        Files.writeString(file, "{\"phy2log\": [[0, 1, 2]]}");
        assertTrue(fail("placement", "apply", file.toString()).contains("phy2log has no slot for expert"));
        Files.writeString(file, "{}");
        assertEquals(2, run("placement", "apply", file.toString()).exitCode());
        assertTrue(run("placement", "apply", file.toString()).complaint().contains("has no phy2log"));
        final CommandLineRun nowhere = CommandLineRun.of("cluster", "status");
        assertEquals(2, nowhere.exitCode());
        assertTrue(nowhere.complaint().contains("--server"), nowhere.complaint());
    }

    @Test
    void shouldRefuseBodiesThatMakeNoSense() throws Exception {
        assertEquals(400, post("/placement", "{\"phy2log\": \"no\"}").statusCode());
        assertEquals(400, post("/placement", "{\"phy2log\": [[[1]]]}").statusCode());
        assertEquals(400, post("/placement", "{}").statusCode());
        assertEquals(400, post("/placement", "{\"phy2log\": [], \"log2phy\": []}").statusCode());
        assertEquals(400, post("/cluster/drain", "{}").statusCode());
        assertEquals(400, post("/cluster/drain", "{\"host\": 3}").statusCode());
        assertEquals(409, post("/cluster/cancel", "{}").statusCode());
        final String who = "'model': '0123456789abcdef', 'numerics': 'canonical-1', 'dtype': 'f32'";
        assertJoining(400, "/hosts", "{}");
        assertJoining(400, "/hosts", "{'address': 'a', 'host_id': '12', " + who + "}");
        assertJoining(400, "/hosts", "{'address': 'a\\u0007', 'host_id': '0123456789abcdef', " + who + "}");
        assertJoining(400, "/hosts", "{'address': 'a', 'host_id': '0123456789abcdef', 'room': -1, " + who + "}");
        assertJoining(400, "/hosts", "{'address': 'a', 'host_id': '0123456789abcdef', 'speed': 1e300, " + who + "}");
        assertJoining(409, "/hosts", "{'address': 'a', 'host_id': '0123456789abcdef', 'room': 1, " + who + "}");
        assertJoining(400, "/decoders", "{'decoder_id': '0123456789abcdef', 'epoch': -1, " + who + "}");
        assertJoining(409, "/decoders", "{'decoder_id': '0123456789abcdef', 'epoch': 1, " + who + "}");
        assertJoining(405, "/model", "{}");
    }

    private static void assertJoining(final int status, final String route, final String body) throws Exception {
        final HttpResponse<String> answer = post(route, body.replace('\'', '"'));
        assertEquals(status, answer.statusCode(), answer.body());
    }
}
