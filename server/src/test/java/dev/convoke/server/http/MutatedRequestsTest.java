package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with one thing wrong anywhere in them are refused with a sentence, and JSON is read strictly. */
@Timeout(600)
class MutatedRequestsTest {
    private static final List<Base> BASES = List.of(
        new Base("/v1/completions", """
            {"model": "tiny-moe", "prompt": "In the beginning", "max_tokens": 2, "temperature": 0.7, "top_p": 0.9,
             "n": 2, "stop": ["x", "yz"], "logprobs": 2, "echo": true, "seed": 3, "logit_bias": {"5": 1.5},
             "min_tokens": 1, "stop_token_ids": [7], "bad_words": ["day"], "stream": false}"""),
        new Base("/v1/completions", """
            {"prompt": [[0, 1567], [266, 2739]], "max_tokens": 2, "stream": true, "top_k": 5, "min_p": 0.1,
             "stream_options": {"include_usage": true}, "allowed_token_ids": [3, 4, 5], "presence_penalty": 1}"""),
        new Base("/v1/chat/completions", """
            {"model": "tiny-moe", "messages": [{"role": "system", "content": "In"}, {"role": "user", "content":
             [{"type": "text", "text": "the beginning"}]}, {"role": "assistant", "content": null, "tool_calls":
             [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\\"x\\": [1]}"}}]},
             {"role": "tool", "tool_call_id": "a", "content": "1"}], "max_completion_tokens": 2, "logprobs": true,
             "top_logprobs": 2, "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
             "tool_choice": "auto", "chat_template_kwargs": {"a": 1}, "frequency_penalty": 0.5}"""),
        new Base("/tokenize", "{\"prompt\": \"In the beginning\", \"return_token_strs\": true}"),
        new Base("/tokenize", "{\"messages\": [{\"role\": \"user\", \"content\": \"In\"}], \"tools\": []}"),
        new Base("/detokenize", "{\"tokens\": [0, 1567, 266, 2739]}"));
    private static final List<String> VALUES = List.of("null", "true", "false", "0", "-1", "1", "1.5", "2147483648",
        "9223372036854775808", "-1e308", "1e400", "NaN", "-Infinity", "1" + "0".repeat(150), "\"\"", "\"x\"",
        "\"\\ud83d\"", "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "[]", "[[]]", "[null]", "{}", "{\"a\": null}", "[1, \"a\"]",
        "{\"role\": 5}", "[{\"role\": \"user\"}]", "[-1]", "[4096]", "{\"5\": 200}", "[" + "[".repeat(98),
        "[".repeat(5000) + "]".repeat(5000), "\"" + "a b ".repeat(5000) + "\"", "01", "'a'", "undefined");

    private static TestServer server;

    /** A request that is answered with 200. */
    private record Base(String path, String body) {
    }

    @BeforeAll
    static void start() {
        server = TestServer.start(context -> context.maxContext(64));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void shouldAnswerTheRequestsThatAreMutated() {
        for (final Base base : BASES) {
            final HttpResponse<String> answer = send(base.path(), base.body().getBytes(StandardCharsets.UTF_8));
            assertEquals(200, answer.statusCode(), answer.body());
        }
    }

    @Test
    void shouldSurviveMutatedRequests() {
        survive(300);
    }

    @Test
    @Tag("full")
    void shouldSurviveManyMutatedRequests() {
        survive(10_000);
    }

    private static void survive(final int rounds) {
        final long seed = Long.getLong("convoke.seed", new SplittableRandom().nextLong());
        System.out.println("MutatedRequestsTest: -Dconvoke.seed=" + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            final Base base = BASES.get(random.nextInt(BASES.size()));
            final byte[] body = mutated(base.body(), random);
            final HttpResponse<String> answer = send(base.path(), body);
            final String description = "round " + round + ": " + answer.statusCode() + " " + answer.body() + " for "
                + new String(body, StandardCharsets.UTF_8);
            assertTrue(answer.statusCode() == 200 || answer.statusCode() / 100 == 4, description);
            if (answer.statusCode() != 200) {
                refused++;
                assertFalse(TestServer.json(answer.body()).path("error").path("message").asText().isEmpty(),
                    description);
            }
        }
        assertTrue(refused > rounds / 4, refused + " of " + rounds + " were refused");
        assertEquals(200, server.get("/ready").statusCode());
        assertEquals(" of", server.completion("{\"prompt\": \"In the beginning\", \"max_tokens\": 1, "
            + "\"temperature\": 0}").get("choices").get(0).get("text").asText());
        TestServer.await("nothing runs any more", () -> server.decoder().decoder().isIdle());
    }

    private static byte[] mutated(final String body, final SplittableRandom random) {
        final int kind = random.nextInt(4);
        if (kind < 2) {
            return withOtherValue((ObjectNode)TestServer.json(body), random).getBytes(StandardCharsets.UTF_8);
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        for (int i = random.nextInt(3); i >= 0; i--) {
            final int at = random.nextInt(bytes.length);
            final int to = Math.min(bytes.length, at + random.nextInt(20));
            bytes = switch (random.nextInt(4)) {
                case 0 -> joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, to, bytes.length));
                case 1 -> joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, at, bytes.length));
                case 2 -> joined(Arrays.copyOf(bytes, at), noise(random), Arrays.copyOfRange(bytes, at, bytes.length));
                default -> Arrays.copyOf(bytes, Math.max(1, at));
            };
            if (bytes.length == 0) {
                return noise(random);
            }
        }
        return bytes;
    }

    private static byte[] noise(final SplittableRandom random) {
        final byte[] noise = new byte[1 + random.nextInt(6)];
        random.nextBytes(noise);
        return noise;
    }

    private static byte[] joined(final byte[]... pieces) {
        final java.io.ByteArrayOutputStream joined = new java.io.ByteArrayOutputStream();
        for (final byte[] piece : pieces) {
            joined.writeBytes(piece);
        }
        return joined.toByteArray();
    }

    /** One value anywhere in the tree, or a field of any name, becomes another one. */
    private static String withOtherValue(final ObjectNode body, final SplittableRandom random) {
        final String marker = "\u0001";
        final String value = VALUES.get(random.nextInt(VALUES.size()));
        JsonNode place = body;
        while (true) {
            final int child = random.nextInt(place.size() + 1);
            if (place instanceof ObjectNode object) {
                final List<String> names = List.copyOf(object.properties().stream().map(java.util.Map.Entry::getKey)
                    .toList());
                final String name = child < names.size() ? names.get(child) : "surprise";
                if (object.path(name).isContainerNode() && !object.path(name).isEmpty() && random.nextBoolean()) {
                    place = object.get(name);
                    continue;
                }
                object.put(name, marker);
            } else if (place.path(child).isContainerNode() && !place.path(child).isEmpty() && random.nextBoolean()) {
                place = place.get(child);
                continue;
            } else if (child < place.size()) {
                ((com.fasterxml.jackson.databind.node.ArrayNode)place).set(child, Json.object().textNode(marker));
            } else {
                ((com.fasterxml.jackson.databind.node.ArrayNode)place).add(marker);
            }
            return body.toString().replace("\"\\u0001\"", value);
        }
    }

    private static HttpResponse<String> send(final String path, final byte[] body) {
        return server.send(server.request(path).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
    }

    private static void refused(final HttpResponse<String> answer, final int status, final String words) {
        assertEquals(status, answer.statusCode(), answer.body());
        assertTrue(TestServer.json(answer.body()).get("error").get("message").asText().contains(words), answer.body());
    }

    @Test
    void shouldRefuseTextThatIsNotUtf8() {
        refused(send("/v1/completions", "{\"prompt\": \"\u00E9\"}".getBytes(StandardCharsets.ISO_8859_1)), 400,
            "UTF-8");
        refused(send("/v1/completions", "{\"prompt\": \"a\"}".getBytes(StandardCharsets.UTF_16)), 400, "UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"prompt\": \"a\\ud83d\"}", "{\"model\": \"\\ude00\", \"prompt\": \"a\"}",
        "{\"prompt\": \"a\", \"\\ud83d\": 1}"})
    void shouldRefuseHalfACharacter(final String body) {
        refused(server.post("/v1/completions", body), 400, "surrogate");
    }

    @Test
    void shouldTakeWholeCharactersThatAreEscaped() {
        assertEquals("\uD83D\uDE00", server.completion("{\"prompt\": \"\\ud83d\\ude00\", \"max_tokens\": 0, "
            + "\"echo\": true}").get("choices").get(0).get("text").asText());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999", "-1e999"})
    void shouldRefuseNumbersThatCannotBeHeld(final String number) {
        refused(server.post("/v1/chat/completions", "{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"x\": "
            + number + "}]}"), 400, "floating point");
    }

    @Test
    void shouldRefuseNumbersAndNamesThatAreTooLong() {
        refused(server.post("/v1/completions", "{\"prompt\": \"a\", \"seed\": " + "1".repeat(101) + "}"), 400, "100");
        refused(server.post("/v1/completions", "{\"" + "a".repeat(1025) + "\": 1}"), 400, "1024");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
        "multipart/form-data; boundary=x", "nonsense"})
    void shouldRefuseWhatIsSaidToBeNoJson(final String type) {
        refused(server.send(server.request("/v1/completions").header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"a\"}")).build()), 415, "application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json; charset=UTF-8", "application/vnd.x+json"})
    void shouldTakeWhatIsSaidToBeJson(final String type) {
        assertEquals(200, server.send(server.request("/tokenize").header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"a\"}")).build()).statusCode());
    }
}
