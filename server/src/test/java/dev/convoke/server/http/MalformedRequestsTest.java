package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a client sends, it gets the right status, and the next one is served as before. */
@Timeout(600)
class MalformedRequestsTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String SEED = "convoke.test.seed";
    private static final String[] VALID = {
        "{\"prompt\": \"In the\", \"max_tokens\": 2, \"temperature\": 0.5, \"seed\": 3, \"stop\": [\"x\"]}",
        "{\"prompt\": [1, 2, 3], \"max_tokens\": 1, \"logit_bias\": {\"5\": 1.5}, \"n\": 2, \"logprobs\": 2}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"max_tokens\": 2, \"stream\": true}",
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\"}]}], "
            + "\"max_tokens\": 1, \"tools\": [], \"top_p\": 0.9, \"min_p\": 0.1, \"bad_words\": [\"b\"]}"};
    private static final String[] VALUES = {"null", "-1", "1e400", "99999999999999999999", "\"\"", "[]", "{}", "true",
        "[[[[]]]]", "\"\\ud800\"", "0.0000001", "[null]", "{\"a\": {\"a\": 1}}", "NaN", "1.5"};
    private static final String[] PATHS = {"/v1/completions", "/v1/chat/completions", "/tokenize", "/detokenize"};

    private final SplittableRandom random = seeded();

    private static SplittableRandom seeded() {
        final long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("malformed requests: -D" + SEED + "=" + seed);
        return new SplittableRandom(seed);
    }

    @AfterEach
    void serverIsAsBefore() {
        assertEquals(200, SERVER.get("/ready").statusCode());
        assertEquals(2, SERVER.completion("{\"prompt\": \"In the\", \"max_tokens\": 2, \"ignore_eos\": true}")
            .get("usage").get("completion_tokens").asInt());
        TestServer.await("all pages free", () -> SERVER.decoder().load().freePages()
            == SERVER.decoder().load().pages());
    }

    @Test
    void shouldAnswerMalformedJson() {
        sendMalformedJson(400);
    }

    @Test
    @Tag("full")
    void shouldAnswerTenThousandMalformedRequests() throws IOException {
        sendMalformedJson(6_000);
        sendJunk(4_000);
    }

    private void sendMalformedJson(final int count) {
        for (int i = 0; i < count; i++) {
            final byte[] body = mutated(VALID[random.nextInt(VALID.length)]);
            final String path = PATHS[random.nextInt(PATHS.length)];
            final HttpResponse<String> answer = SERVER.send(SERVER.request(path)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
            final int status = answer.statusCode();
            assertTrue(status == 200 || status == 400 || status == 404, () -> status + " for "
                + new String(body, StandardCharsets.UTF_8) + ": " + answer.body());
        }
    }

    /** One to three changes: a value replaced, a byte replaced, a piece cut out or repeated. */
    private byte[] mutated(final String valid) {
        String text = valid;
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            text = text.replaceFirst(": [^,{}\\[\\]]+", random.nextInt(3) > 0 ? ": " + java.util.regex.Matcher
                .quoteReplacement(VALUES[random.nextInt(VALUES.length)]) : "$0");
            if (random.nextInt(4) == 0) {
                final int from = random.nextInt(text.length());
                final int to = random.nextInt(from, text.length());
                text = text.substring(0, from) + (random.nextBoolean() ? "" : text.substring(from, to))
                    + text.substring(random.nextBoolean() ? from : to);
            }
            text = text.isEmpty() ? "{" : text;
        }
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(3) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte)random.nextInt(256);
        }
        return bytes;
    }

    @Test
    void shouldSurviveJunk() throws IOException {
        sendJunk(150);
    }

    @Test
    void shouldRefuseAnotherVersionOfHttp() throws IOException {
        assertTrue(statusLine("GET /health HTTP/7.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII))
            .startsWith("HTTP/1.1 400 "));
    }

    private void sendJunk(final int count) throws IOException {
        for (int i = 0; i < count; i++) {
            final String status = statusLine(junk());
            assertTrue(status.isEmpty() || status.matches("HTTP/1\\.[01] ([124]\\d\\d|503).*"), status);
        }
    }

    private byte[] junk() {
        final String valid = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"prompt\": [1]}";
        final byte[] bytes = switch (random.nextInt(5)) {
            case 0 -> random.ints(200, 0, 256).collect(StringBuilder::new, StringBuilder::appendCodePoint,
                StringBuilder::append).toString().getBytes(StandardCharsets.ISO_8859_1);
            case 1 -> valid.replace("15", String.valueOf(random.nextInt(-5, 15))).getBytes(StandardCharsets.UTF_8);
            case 2 -> valid.replace("Content-Length: 15", "Transfer-Encoding: chunked\r\nContent-Length: 15")
                .getBytes(StandardCharsets.UTF_8);
            case 3 -> ("GET /v1/models?" + "x".repeat(random.nextInt(20_000)) + " HTTP/1.1\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
            default -> valid.getBytes(StandardCharsets.UTF_8);
        };
        for (int i = random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte)random.nextInt(256);
        }
        return bytes;
    }

    /** What the server says first to bytes after which nothing more comes; empty if it just closes. */
    private static String statusLine(final byte... bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            final OutputStream out = socket.getOutputStream();
            out.write(bytes);
            socket.shutdownOutput();
            final InputStream in = socket.getInputStream();
            return new String(in.readNBytes(32), StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
        } catch (final SocketException e) {
            return "";
        }
    }

    @Test
    void shouldRefuseABodyThatIsTooLargeBeforeItHasCome() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: "
                + (100 << 20) + "\r\n\r\n{").getBytes(StandardCharsets.US_ASCII));
            final String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            assertEquals("HTTP/1.1 413", status);
        }
    }

    @Test
    void shouldServeOthersWhileManyConnectionsAreIdle() throws IOException {
        final List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 2_000; i++) {
                final Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port());
                if (i % 2 == 0) {
                    socket.getOutputStream().write("POST /v1/completions HTTP/1.1\r\nHo"
                        .getBytes(StandardCharsets.US_ASCII));
                }
                idle.add(socket);
            }
            assertEquals(200, SERVER.get("/v1/models").statusCode());
            SERVER.completion("{\"prompt\": \"In the\", \"max_tokens\": 4}");
        } finally {
            for (final Socket socket : idle) {
                socket.close();
            }
        }
    }
}
