package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.convoke.server.Metrics;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What a request is called. */
@Timeout(60)
class RequestIdTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String OURS = "[0-9a-f]{32}";

    private static HttpResponse<String> post(final String path, final String id, final String body) {
        return SERVER.send(SERVER.request(path).header("x-request-id", id)
            .POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    private static String idOf(final HttpResponse<String> answer) {
        assertEquals(1, answer.headers().allValues("x-request-id").size());
        return answer.headers().firstValue("x-request-id").orElseThrow();
    }

    @Test
    void shouldTellTheClientsOwnName() {
        final String id = "load-7/\"a\\b\";~";
        final HttpResponse<String> completion = post("/v1/completions", id, "{\"prompt\": \"a\", \"max_tokens\": 1}");
        assertEquals(id, idOf(completion));
        assertEquals("cmpl-" + id, TestServer.json(completion.body()).get("id").asText());
        final HttpResponse<String> chat = post("/v1/chat/completions", id,
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"max_tokens\": 1}");
        assertEquals(id, idOf(chat));
        assertEquals("chatcmpl-" + id, TestServer.json(chat.body()).get("id").asText());
        final HttpResponse<String> stream = post("/v1/completions", "s", "{\"prompt\": \"a\", \"max_tokens\": 2, "
            + "\"stream\": true}");
        assertEquals("s", idOf(stream));
        assertTrue(stream.body().contains("\"cmpl-s\""), stream.body());
    }

    @Test
    void shouldNameRequestsThatHaveNoName() {
        final String first = idOf(SERVER.get("/health"));
        final String second = idOf(SERVER.get("/v1/models"));
        assertTrue(first.matches(OURS), first);
        assertNotEquals(first, second);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\tb", ""})
    void shouldReplaceNamesThatAreNotSane(final String id) {
        assertTrue(idOf(post("/tokenize", id, "{\"prompt\": \"a\"}")).matches(OURS));
    }

    @Test
    void shouldReplaceNamesThatAreTooLong() {
        assertEquals("x".repeat(128), idOf(post("/tokenize", "x".repeat(128), "{\"prompt\": \"a\"}")));
        assertTrue(idOf(post("/tokenize", "x".repeat(129), "{\"prompt\": \"a\"}")).matches(OURS));
    }

    @Test
    void shouldNameWhatIsRefused() {
        assertEquals("r", idOf(post("/v1/completions", "r", "{")));
        assertEquals("r", idOf(post("/nowhere", "r", "{}")));
        assertEquals("r", idOf(post("/health", "r", "{}")));
        assertEquals("r", idOf(SERVER.send(SERVER.request("/v1/completions").header("X-Request-Id", "r")
            .header("Content-Type", "text/plain").POST(HttpRequest.BodyPublishers.ofString("a")).build())));
    }

    /** What the server says to bytes after which nothing more comes. */
    private static String raw(final String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void shouldNameWhatIsNoHttpOrTooLarge() throws IOException {
        assertTrue(raw("NONSENSE\r\n\r\n").contains("X-Request-Id: "));
        final String tooLarge = raw("POST /v1/completions HTTP/1.1\r\nHost: a\r\nX-Request-Id: large\r\n"
            + "Content-Length: " + (100 << 20) + "\r\n\r\n{");
        assertTrue(tooLarge.startsWith("HTTP/1.1 413"), tooLarge);
        assertTrue(tooLarge.contains("X-Request-Id: large\r\n"), tooLarge);
    }

    @Test
    void shouldNotLetAClientWriteHeaders() throws IOException {
        for (final String id : new String[] {"a\rInjected: b", "a\nInjected: b", "a\r\n Injected: b", "a\0b",
            "caf\u00e9", "%0d%0aInjected: b"}) {
            final String answer = raw("GET /health HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + id
                + "\r\nConnection: close\r\n\r\n");
            final String head = answer.substring(0, answer.indexOf("\r\n\r\n"));
            assertFalse(head.contains("\nInjected"), answer);
            assertFalse(head.replace("\r\n", "").chars().anyMatch(c -> c < ' ' || c > '~'), answer);
        }
    }

    /** Its page of metrics is broken. */
    private static final class BrokenMetrics implements Metrics {
        @Override
        public void write(final String accept, final OutputStream out) {
            throw new IllegalStateException("no page today");
        }
    }

    @Test
    void shouldNameAFailedRequestInTheLog() throws Exception {
        final Logger logger = (Logger)LoggerFactory.getLogger(RequestGuard.class);
        final ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try (ApiServer broken = new ApiServer(SERVER.decoder(), ApiSettings.open(TestServer.freePort(),
                Duration.ofSeconds(1)), new BrokenMetrics(), () -> 1);
            HttpClient client = HttpClient.newHttpClient()) {
            final HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                + broken.port() + "/metrics")).header("X-Request-Id", "in-the-log").build(),
                HttpResponse.BodyHandlers.ofString());
            assertEquals(500, answer.statusCode(), answer.body());
            assertEquals("in-the-log", idOf(answer));
            assertEquals(1, lines.list.size());
            final String line = lines.list.getFirst().getFormattedMessage();
            assertTrue(line.contains("/metrics failed") && line.contains("request in-the-log"), line);
        } finally {
            logger.detachAppender(lines);
        }
    }
}
