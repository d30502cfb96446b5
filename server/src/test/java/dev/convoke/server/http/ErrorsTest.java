package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorsTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    private static JsonNode error(final HttpResponse<String> response, final int status) {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals("application/json", response.headers().firstValue("content-type").orElse(""));
        final JsonNode error = TestServer.json(response.body()).get("error");
        assertTrue(error.hasNonNull("message") && error.hasNonNull("type") && error.has("param") && error.has("code"),
            response.body());
        return error;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "temperature          | \"temperature\": -1",
        "temperature          | \"temperature\": \"hot\"",
        "top_p                | \"top_p\": 0",
        "top_k                | \"top_k\": 1.5",
        "seed                 | \"seed\": \"x\"",
        "max_tokens           | \"max_tokens\": -1",
        "max_tokens           | \"max_tokens\": 5000",
        "stop                 | \"stop\": [\"a\", \"\"]",
        "stop                 | \"stop\": \"\"",
        "stop                 | \"stop\": 5",
        "n                    | \"n\": 0",
        "best_of              | \"best_of\": 3",
        "logprobs             | \"logprobs\": 100",
        "stream               | \"stream\": \"yes\"",
        "stream_options       | \"stream_options\": {\"include_usage\": true}",
        "frequency_penalty    | \"frequency_penalty\": 2.5",
        "logit_bias           | \"logit_bias\": {\"5\": 101}",
        "echo                 | \"echo\": 1",
        "model                | \"model\": 5"})
    void shouldNameTheFieldWhenItsValueIsWrong(final String param, final String field) {
        final JsonNode error = error(SERVER.post(COMPLETIONS, "{\"prompt\": \"a\", " + field + "}"), 400);
        assertEquals(param, error.get("param").asText());
        assertEquals("invalid_request_error", error.get("type").asText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "{}", "{\"prompt\": []}", "{\"prompt\": 5}", "{\"prompt\": [[]]}", "{\"prompt\": [1, \"a\"]}",
        "{\"prompt\": [4096]}", "{\"prompt\": [-1]}", "{\"prompt\": [[1], 2]}", "{\"prompt\": {\"a\": 1}}"})
    void shouldRefuseAPromptThatIsNone(final String body) {
        assertEquals("prompt", error(SERVER.post(COMPLETIONS, body), 400).get("param").asText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "messages             | {}",
        "messages             | {\"messages\": []}",
        "messages             | {\"messages\": \"hello\"}",
        "messages[0].role     | {\"messages\": [{\"content\": \"a\"}]}",
        "messages[0].content  | {\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}",
        "messages[1].content  | {\"messages\": [{\"role\": \"user\"}, {\"role\": \"user\", \"content\": 5}]}",
        "top_logprobs         | {\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"top_logprobs\": 2}",
        "tools                | {\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": [{}]}"})
    void shouldNameTheFieldOfAChatWhenItIsWrong(final String param, final String body) {
        assertEquals(param, error(SERVER.post(CHAT, body), 400).get("param").asText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {"{\"prompt\": ", "[1]", "\"text\"", "{\"a\": 1} x {"})
    void shouldSayThatTheBodyIsNotUsableJson(final String body) {
        assertTrue(error(SERVER.post(COMPLETIONS, body), 400).get("message").asText().contains("JSON")
            || body.startsWith("{\"a\""));
    }

    @Test
    void shouldNameBothLengthsWhenAPromptIsTooLong() {
        final JsonNode error = error(SERVER.post(COMPLETIONS, "{\"prompt\": \"" + "the ".repeat(2500) + "\"}"), 400);
        assertEquals("context_length_exceeded", error.get("code").asText());
        assertTrue(error.get("message").asText().matches(".* 250\\d tokens, .* 2048 .*"), error.toString());
    }

    @Test
    void shouldTellAnUnknownModelFromAnUnknownRoute() {
        final JsonNode model = error(SERVER.post(COMPLETIONS, "{\"model\": \"other\", \"prompt\": \"a\"}"), 404);
        assertEquals("model_not_found", model.get("code").asText());
        assertEquals("model_not_found", error(SERVER.get("/v1/models/other"), 404).get("code").asText());
        assertEquals("unknown_url", error(SERVER.get("/v1/embeddings"), 404).get("code").asText());
        assertEquals("unknown_url", error(SERVER.get("/"), 404).get("code").asText());
    }

    @Test
    void shouldNameTheMethodThatIsAllowed() {
        final HttpResponse<String> response = SERVER.get(COMPLETIONS);
        assertEquals("method_not_allowed", error(response, 405).get("code").asText());
        assertEquals("POST", response.headers().firstValue("allow").orElse(""));
        error(SERVER.send(SERVER.request("/health").DELETE().build()), 405);
    }

    @Test
    void shouldRefuseABodyThatIsTooLarge() {
        final byte[] body = new byte[(32 << 20) + 1];
        try (Socket socket = new Socket("127.0.0.1", SERVER.port())) {
            socket.getOutputStream().write(("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: a\r\nContent-Length: "
                + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            final String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
            assertTrue(answer.contains("{\"error\":{\"message\":\"The body is larger than"), answer);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldAnswerOnAConnectionThatGoesOnAfterAnError() {
        final HttpRequest bad = SERVER.request(COMPLETIONS).POST(HttpRequest.BodyPublishers.ofString("{")).build();
        error(SERVER.send(bad), 400);
        assertEquals(200, SERVER.get("/v1/models").statusCode());
    }
}
