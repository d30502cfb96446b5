package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.ScriptedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole command against the real server with the demo model, and against one that breaks off. */
@Timeout(120)
class ServeCommandTest {
    private static final String KEY = "key-of-the-test";
    private static final Path MODELS = Path.of(System.getProperty("convoke.models"));

    @TempDir
    private static Path directory;
    private static Process server;
    private static String address;

    @BeforeAll
    static void start() throws IOException {
        System.setProperty("convoke.home", MODELS.getParent().toString());
        final Path keys = Files.writeString(directory.resolve("keys"), KEY);
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> flag.matches("--.*|-XX:.*|-D(ai\\.djl|OPT_OUT).*")).forEach(command::add);
        command.addAll(List.of("-Xmx256m", "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "dev.convoke.server.cli.Convoke", "serve", "--model", MODELS.resolve("tiny-moe").toString(), "--port", "0",
            "--threads", "1", "--api-key-file", keys.toString()));
        server = new ProcessBuilder(command).redirectErrorStream(true).start();
        final BufferedReader said = server.inputReader(StandardCharsets.UTF_8);
        for (String line = said.readLine(); line != null && address == null; line = said.readLine()) {
            if (line.contains("ready on http://")) {
                address = line.replaceAll(".*ready on (http://[0-9.:]+) in .*", "$1");
                break;
            }
        }
    }

    @AfterAll
    static void end() throws InterruptedException {
        server.destroy();
        if (!server.waitFor(30, TimeUnit.SECONDS)) {
            server.destroyForcibly();
        }
        System.clearProperty("convoke.home");
    }

    @Test
    void shouldAgreeWithTheServerAboutTokens() throws Exception {
        final long[] before = serverTokens();
        final BenchRun run = bench("--base-url", address, "--api-key", KEY, "--num-prompts", "12", "--request-rate",
            "40", "--input-len", "40", "--output-len", "10", "--ignore-eos", "--ready-check-timeout-sec", "0",
            "--goodput", "e2el:60000", "--save-detailed", "--result-dir", directory.toString(), "--result-filename",
            "ids.json", "--metadata", "who=test", "run=1");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("Serving Benchmark Result"), run.out());
        final long[] after = serverTokens();
        final JsonNode result = result("ids.json");
        assertEquals(after[0] - before[0], result.get("total_input_tokens").asLong());
        assertEquals(after[1] - before[1], result.get("total_output_tokens").asLong());
        assertEquals(12 * 40, result.get("total_input_tokens").asInt());
        assertEquals(12 * 10, result.get("total_output_tokens").asInt());
        assertEquals("test1", result.get("who").asText() + result.get("run").asText());
        assertEquals("tiny-moe", result.get("model_id").asText());
        assertEquals(1, result.get("slo_attainment").asDouble());
        for (int i = 0; i < 12; i++) {
            double sum = result.get("ttfts").get(i).asDouble();
            for (final JsonNode gap : result.get("itls").get(i)) {
                sum += gap.asDouble();
            }
            assertTrue(result.get("latencies").get(i).asDouble() >= sum - 1e-9, result.toString());
        }
    }

    @Test
    void shouldCountTokensOfTextExactly() throws Exception {
        for (final String tokenizer : List.of("", MODELS.resolve("tiny-moe").toString())) {
            final List<String> arguments = new ArrayList<>(List.of("--base-url", address, "--api-key", KEY,
                "--num-prompts", "6", "--max-concurrency", "3", "--input-len", "33", "--output-len", "2",
                "--ignore-eos", "--prompt-form", "text",
                "--save-detailed", "--result-dir", directory.toString(), "--result-filename",
                "text.json", "--num-warmups", "2"));
            if (!tokenizer.isEmpty()) {
                arguments.addAll(List.of("--tokenizer", tokenizer));
            }
            final BenchRun run = bench(arguments.toArray(String[]::new));
            assertEquals(0, run.exitCode(), run.err());
            assertEquals("[33,33,33,33,33,33]", result("text.json").get("input_lens").toString());
            assertEquals("closed loop", result("text.json").get("arrivals").asText());
        }
    }

    @Test
    void shouldChatAndProbe() throws Exception {
        final BenchRun run = bench("--base-url", address, "--api-key", KEY, "--backend", "openai-chat",
            "--dataset-name", "shipped", "--domain", "novel", "--num-prompts", "6", "--max-concurrency", "1",
            "--request-rate", "inf", "--output-len", "32", "--ignore-eos", "--probe-request-rate", "50",
            "--save-result", "--result-dir", directory.toString(), "--result-filename", "chat.json", "--hlog",
            directory.resolve("a.hlog").toString(),
            "--histogram-dir", directory.resolve("histograms").toString());
        assertEquals(0, run.exitCode(), run.err());
        final JsonNode result = result("chat.json");
        assertEquals(6 * 32, result.get("total_output_tokens").asInt());
        assertEquals(1, result.get("max_concurrent_requests").asInt());
        assertTrue(result.get("probes").asInt() > 0);
        assertEquals(0, result.get("failed_probes").asInt());
        assertTrue(Files.exists(directory.resolve("histograms/e2el.hgrm")));
        assertTrue(Files.size(directory.resolve("a.hlog")) > 0);
    }

    @Test
    void shouldReportTheSearchForARate() throws Exception {
        final ScriptedServer.Script script = (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.endStream(out, 1, 1);
            return true;
        };
        try (ScriptedServer serving = new ScriptedServer(script)) {
            final BenchRun run = bench("--base-url", serving.uri().toString(), "--model", "m", "--dataset-name",
                "shipped", "--find-rate", "--goodput", "e2el:60000", "--trial-sec", "0.0001", "--request-rate", "50000",
                "--save-result", "--result-dir", directory.toString(), "--result-filename", "rate.json");
            assertEquals(0, run.exitCode(), run.err());
            assertTrue(run.out().contains("Highest rate that keeps the SLO for 90 % of requests: 100000.00 req/s"),
                run.out());
            final JsonNode search = result("rate.json").get("find_rate");
            assertEquals(100_000, search.get("request_rate").asDouble());
            assertEquals(3, search.get("trials").size());
        }
    }

    @Test
    void shouldSayWhatIsWrongWithTheServerAndExitWithOne() {
        assertRefused(1, "401", "--base-url", address);
        assertRefused(1, "does not exist here; this server serves 'tiny-moe'", "--base-url", address, "--api-key", KEY,
            "--model", "nope");
        assertRefused(1, "cannot connect to http://127.0.0.1:1", "--port", "1", "--ready-check-timeout-sec", "0");
    }

    @Test
    void shouldSayWhatIsWrongWithTheOptionsAndExitWithTwo() {
        assertRefused(2, "--goodput", "--find-rate");
        assertRefused(2, "--goodput cannot use 'ttft'", "--goodput", "ttft");
        assertRefused(2, "There is no metric 'x'", "--percentile-metrics", "ttft,x");
        assertRefused(2, "--metric-percentiles has 101.0", "--metric-percentiles", "50,101");
        assertRefused(2, "--ramp-up-start-rps", "--ramp-up-strategy", "linear");
        assertRefused(2, "--arrival cannot be 'poisson'", "--arrival", "poisson");
        assertRefused(2, "--request-rate is -1.0", "--request-rate", "-1");
        assertRefused(2, "--backend cannot be 'tgi'", "--backend", "tgi");
        assertRefused(2, "is no address of a server", "--base-url", "ftp://a");
        assertRefused(2, "--dataset-path", "--base-url", address, "--api-key", KEY, "--dataset-name", "custom");
        assertRefused(2, "--extra-body is not JSON", "--base-url", address, "--api-key", KEY, "--extra-body", "{");
    }

    private static void assertRefused(final int exitCode, final String part, final String... arguments) {
        final BenchRun run = bench(Stream.concat(Arrays.stream(arguments), Stream.of("--num-prompts", "2"))
            .toArray(String[]::new));
        assertTrue(run.err().contains(part), run.err());
        assertEquals(exitCode, run.exitCode(), run.err());
    }

    @Test
    void shouldCountBrokenStreamsAndExitWithOne() throws IOException {
        final ScriptedServer.Script everyThirdBreaks = (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            if (number % 3 == 2) {
                return false;
            }
            ScriptedServer.endStream(out, 4, 1);
            return true;
        };
        final Path prompts = Files.writeString(directory.resolve("prompts.txt"), "one\n\ntwo\n");
        try (ScriptedServer breaking = new ScriptedServer(everyThirdBreaks)) {
            final BenchRun run = bench("--base-url", breaking.uri().toString(), "--model", "m", "--dataset-name",
                "custom", "--dataset-path", prompts.toString(), "--num-prompts", "9", "--max-concurrency", "1",
                "--ready-check-timeout-sec", "0", "--save-result", "--result-dir", directory.toString(),
                "--result-filename", "broken.json");
            assertEquals(1, run.exitCode());
            assertTrue(run.out().contains("Failed 3 x: the connection was closed within the answer, after 1 events"),
                run.out());
            assertEquals(6, result("broken.json").get("completed").asInt());
            assertEquals(3, result("broken.json").get("failed").asInt());
        }
    }

    private static BenchRun bench(final String... arguments) {
        return BenchRun.of(Stream.concat(Stream.of("serve"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    private static JsonNode result(final String name) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(name).toFile());
    }

    /** Prompt and generated tokens by the server's own counters. */
    private static long[] serverTokens() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            final String metrics = client.send(HttpRequest.newBuilder(URI.create(address + "/metrics"))
                .header("Authorization", "Bearer " + KEY).build(), HttpResponse.BodyHandlers.ofString()).body();
            final String[] names = {"vllm:prompt_tokens_total", "vllm:generation_tokens_total"};
            return IntStream.range(0, 2).mapToLong(i -> metrics.lines().filter(line -> line.startsWith(names[i]))
                .mapToLong(line -> (long)Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum())
                .toArray();
        }
    }
}
