package dev.convoke.bench.serve.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamingClientTest {
    @Test
    void shouldStampEachEventWhenItComes() {
        final List<Long> writtenNs = Collections.synchronizedList(new ArrayList<>());
        final ScriptedServer.Script script = (number, request, out) -> {
            ScriptedServer.beginStream(out);
            for (int i = 0; i < 5; i++) {
                writtenNs.add(System.nanoTime());
                ScriptedServer.token(out, "t" + i);
                LockSupport.parkNanos(20_000_000);
            }
            ScriptedServer.endStream(out, 7, 5);
            return true;
        };
        try (ScriptedServer server = new ScriptedServer(script)) {
            final RequestOutcome outcome = send(server.uri(), "");
            assertEquals("", outcome.error());
            assertEquals("t0t1t2t3t4", outcome.text());
            assertEquals(7, outcome.promptTokens());
            assertEquals(5, outcome.outputTokens());
            assertEquals(5, outcome.tokenNs().length);
            for (int i = 0; i < 5; i++) {
                assertTrue(outcome.tokenNs()[i] >= writtenNs.get(i), "event " + i + " came before it was written");
            }
            assertTrue(outcome.endNs() >= outcome.tokenNs()[4]);
            assertTrue(outcome.sentNs() >= outcome.intendedNs());
        }
    }

    @Test
    void shouldReadEventsCutAnywhere() {
        final String body = "data: {\"choices\":[{\"text\":\"é\"}]}\r\n\r\n: ping\n\n"
            + "data:{\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        final byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        final ScriptedServer.Script script = (number, request, out) -> {
            ScriptedServer.write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
            ScriptedServer.write(out, "\r\n");
            for (int i = 0; i < bytes.length; i += 3) {
                final int size = Math.min(3, bytes.length - i);
                ScriptedServer.write(out, size + ";note=1\r");
                ScriptedServer.write(out, "\n");
                out.write(bytes, i, size);
                ScriptedServer.write(out, "\r\n");
            }
            ScriptedServer.write(out, "0\r\nTrailer: x\r\n\r\n");
            return true;
        };
        try (ScriptedServer server = new ScriptedServer(script)) {
            final RequestOutcome outcome = send(server.uri(), "");
            assertEquals("", outcome.error());
            assertEquals("éb", outcome.text());
            // Without usage each event with text counts as a token.
            assertEquals(2, outcome.outputTokens());
        }
    }

    @Test
    void shouldSayWhyARequestFailed() throws IOException {
        assertError("401: Give a key.", (number, request, out) -> {
            ScriptedServer.json(out, 401, "{\"error\":{\"message\":\"Give a key.\"}}");
            return true;
        });
        assertError("502: <html>", (number, request, out) -> {
            ScriptedServer.json(out, 502, "<html>");
            return true;
        });
        assertError("the connection was closed within the answer, after 2 events", (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.token(out, "b");
            return false;
        });
        assertError("the stream broke off after 1 events", (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.write(out, "0\r\n\r\n");
            return true;
        });
        assertError("the stream says: The experts are gone.", (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.event(out, "{\"error\":{\"message\":\"The experts are gone.\"}}");
            ScriptedServer.write(out, "0\r\n\r\n");
            return true;
        });
        assertError("the stream ended without a token", (number, request, out) -> {
            ScriptedServer.beginStream(out);
            ScriptedServer.event(out, "[DONE]");
            ScriptedServer.write(out, "0\r\n\r\n");
            return true;
        });
        assertError("the connection was closed before the answer", (number, request, out) -> false);
        assertError("the answer is not HTTP/1.1 but 'SSH-2.0-x'", (number, request, out) -> {
            ScriptedServer.write(out, "SSH-2.0-x\r\n\r\n");
            return false;
        });
        final int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        final String unreachable = send(URI.create("http://127.0.0.1:" + free), "").error();
        assertTrue(unreachable.startsWith("cannot connect to http://127.0.0.1:" + free), unreachable);
    }

    private static void assertError(final String expected, final ScriptedServer.Script script) {
        try (ScriptedServer server = new ScriptedServer(script)) {
            final RequestOutcome outcome = send(server.uri(), "");
            assertFalse(outcome.succeeded());
            assertEquals(expected, outcome.error());
        }
    }

    @Test
    void shouldAskAgainOnANewConnectionWhenTheServerClosedAnIdleOne() {
        final ScriptedServer.Script script = (number, request, out) -> {
            if (number == 1) {
                return false;
            }
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.endStream(out, 1, 1);
            return true;
        };
        try (ScriptedServer server = new ScriptedServer(script); HttpConnections connections = connections(server.uri(),
            "")) {
            assertEquals("", client(connections).prepare(request()).send(System.nanoTime()).error());
            assertEquals("", client(connections).prepare(request()).send(System.nanoTime()).error());
            assertEquals(3, server.received());
        }
    }

    @Test
    void shouldSendTheKeyAndWhatIsAsked() {
        final List<String> requests = Collections.synchronizedList(new ArrayList<>());
        final ScriptedServer.Script script = (number, request, out) -> {
            requests.add(request);
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.endStream(out, 1, 1);
            return true;
        };
        try (ScriptedServer server = new ScriptedServer(script)) {
            send(URI.create(server.uri() + "/base/"), "secret");
            assertTrue(requests.getFirst().startsWith("POST /base/v1/completions HTTP/1.1\r\n"), requests.getFirst());
            assertTrue(requests.getFirst().contains("Authorization: Bearer secret\r\n"));
            assertTrue(requests.getFirst().endsWith("{\"prompt\":\"Hello\",\"max_tokens\":3,\"stream\":true,"
                + "\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}"), requests.getFirst());
        }
    }

    private static LoadRequest request() {
        return new LoadRequest(Prompt.ofText("Hello"), 3);
    }

    private static RequestOutcome send(final URI uri, final String key) {
        try (HttpConnections connections = connections(uri, key)) {
            return client(connections).prepare(request()).send(System.nanoTime());
        }
    }

    private static HttpConnections connections(final URI uri, final String key) {
        return new HttpConnections(new ServerAddress(uri, Optional.of(key).filter(text -> !text.isEmpty()), true,
            Duration.ofSeconds(30)), SystemNanoClock.INSTANCE);
    }

    private static StreamingClient client(final HttpConnections connections) {
        return new StreamingClient(connections, "/v1/completions",
            new RequestBody(false, new ObjectMapper().createObjectNode().put("model", "m")));
    }
}
