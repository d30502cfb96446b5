package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.DType;
import dev.convoke.server.TestModels;
import dev.convoke.server.deployment.ServedDecoder;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The routes beside those that generate. */
@Timeout(120)
class RoutesTest {
    private static final TestServer SERVER = TestServer.shared();

    @Test
    void shouldTokenizeAndDetokenize() {
        final JsonNode tokenized = TestServer.json(SERVER.post("/tokenize",
            "{\"prompt\": \"In the beginning\", \"return_token_strs\": true}").body());
        assertEquals(tokenized.get("count").asInt(), tokenized.get("tokens").size());
        assertEquals(tokenized.get("count").asInt(), tokenized.get("token_strs").size());
        assertTrue(tokenized.get("max_model_len").asInt() > 0);
        final ObjectNode ids = Json.object();
        ids.set("tokens", tokenized.get("tokens"));
        final JsonNode text = TestServer.json(SERVER.post("/detokenize", ids.toString()).body());
        assertTrue(text.get("prompt").asText().endsWith("In the beginning"), text.toString());
        final JsonNode chat = TestServer.json(SERVER.post("/tokenize",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}").body());
        assertTrue(chat.get("count").asInt() > 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"tokens\": [-1]}", "{\"tokens\": \"a\"}", "{\"tokens\": [99999999]}"})
    void shouldRefuseWhatAreNoTokens(final String body) {
        assertEquals(400, SERVER.post("/detokenize", body).statusCode());
        assertEquals(400, SERVER.post("/tokenize", body).statusCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"prompt\": \"a\"} x", "{\"prompt\": \"a\", \"prompt\": \"b\"}", "{\"prompt\": NaN}",
        "{\"prompt\": \"a\", \"top_p\": 1e999}", "[1]", "", "{\"a\": "})
    void shouldRefuseWhatIsNotOneJsonObject(final String body) {
        assertEquals(400, SERVER.post("/v1/completions", body).statusCode());
    }

    @Test
    void shouldRefuseJsonThatIsTooDeep() {
        final HttpResponse<String> answer = SERVER.post("/v1/completions",
            "{\"prompt\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains("depth"), answer.body());
    }

    @Test
    void shouldTellItsVersionAndReadiness() {
        assertFalse(TestServer.json(SERVER.get("/version").body()).get("version").asText().isEmpty());
        assertEquals("ready", TestServer.json(SERVER.get("/ready").body()).get("status").asText());
        assertEquals(200, SERVER.get("/ping").statusCode());
        assertEquals(405, SERVER.post("/version", "{}").statusCode());
    }

    @Test
    void shouldCountWhatItDoes() {
        final double before = metric("vllm:generation_tokens_total{model_name=\"tiny-moe\"}");
        SERVER.completion("{\"prompt\": \"In the\", \"max_tokens\": 7, \"temperature\": 0, \"ignore_eos\": true}");
        assertTrue(metric("vllm:generation_tokens_total{model_name=\"tiny-moe\"}") >= before + 7);
        assertTrue(metric("vllm:time_to_first_token_seconds_count{model_name=\"tiny-moe\"}") >= 1);
        assertTrue(metric("vllm:request_success_total{finished_reason=\"length\",model_name=\"tiny-moe\"}") >= 1);
        assertTrue(metric("vllm:inter_token_latency_seconds_count{model_name=\"tiny-moe\"}") >= 6);
        assertTrue(metric("vllm:iteration_tokens_total_count{model_name=\"tiny-moe\"}") >= 7);
        assertTrue(metric("vllm:request_params_n_count{model_name=\"tiny-moe\"}") >= 1);
        assertTrue(metric("vllm:request_params_max_tokens_count{model_name=\"tiny-moe\"}") >= 1);
        final double entries = metric("moe_exchange_entries_total{layer=\"0\"}");
        final double busiestHost = metric("moe_busiest_host_entries_total{layer=\"0\"}");
        assertTrue(busiestHost >= entries / 2 && busiestHost <= entries);
        assertTrue(metric("moe_busiest_expert_entries_total{layer=\"0\"}") <= busiestHost);
        assertEquals(1, metric("moe_placement_epoch"));
        assertEquals(0, metric("vllm:num_requests_waiting{model_name=\"tiny-moe\"}"));
        assertTrue(metric("jvm_threads") > 1);
    }

    private static double metric(final String series) {
        final String page = SERVER.get("/metrics").body();
        return page.lines().filter(line -> line.startsWith(series + " ")).findFirst()
            .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .orElseThrow(() -> new AssertionError(series + " is not in\n" + page));
    }

    @Test
    void shouldDescribeEverySeriesOnce() {
        final Set<String> described = new HashSet<>();
        final Set<String> series = new HashSet<>();
        SERVER.get("/metrics").body().lines().forEach(line -> {
            if (line.startsWith("# TYPE ")) {
                assertTrue(described.add(line.split(" ")[2]), line);
            } else if (!line.startsWith("#")) {
                assertTrue(series.add(line.substring(0, line.lastIndexOf(' '))), line);
                final String name = line.split("[{ ]")[0];
                assertTrue(described.contains(name) || described.contains(name.replaceAll("_(bucket|sum|count)$", "")),
                    line);
            }
        });
        assertTrue(series.size() > 100);
    }

    @Test
    void shouldPingStreamsThatAreSilent() {
        final ApiSettings open = ApiSettings.open(TestServer.freePort(), Duration.ofSeconds(10));
        final ServedDecoder decoder = TestModels.local(TestModels.TINY, DType.F32, 1, UnaryOperator.identity());
        try (TestServer server = new TestServer(decoder, new ApiSettings(open.address(), open.access(), open.tls(),
            open.origins(), open.limits(), false, Duration.ofNanos(1_000),
            open.drainLimit()))) {
            server.awaitReady();
            final String body = server.post("/v1/completions", "{\"prompt\": \"In the\", \"max_tokens\": 200, "
                + "\"stream\": true, \"ignore_eos\": true}").body();
            assertTrue(body.contains(": ping\n\n"), body);
            assertTrue(body.endsWith("data: [DONE]\n\n"));
            for (final String event : body.split("\n\n")) {
                assertTrue(event.equals(": ping") || event.startsWith("data: "), event);
            }
        }
    }
}
