package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that take their time hold nothing for long. */
@Timeout(120)
class SlowClientsTest {
    private static final Duration LIMIT = Duration.ofMillis(400);
    private static final Duration BETWEEN_BYTES = Duration.ofMillis(50);
    private static final String HEAD = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(open -> new ApiSettings(open.address(), open.access(), open.tls(), open.origins(),
            new ApiLimits(1 << 20, 100, 10, LIMIT.dividedBy(2), LIMIT, LIMIT), false, open.pingInterval(),
            open.drainLimit()), context -> context);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Socket connect() throws IOException {
        final Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
        return socket;
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Sends byte after byte until the server has had enough, and returns what it says. */
    private static String trickle(final String begin, final String endless) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(bytes(begin));
            try {
                for (int i = 0; socket.getInputStream().available() == 0; i++) {
                    socket.getOutputStream().write(endless.charAt(i % endless.length()));
                    LockSupport.parkNanos(BETWEEN_BYTES.toNanos());
                    assertTrue(i < 1_000, "the server went on reading");
                }
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            } catch (final IOException e) {
                return "closed";
            }
        }
    }

    private static void requireTimeout(final String answer) {
        assertTrue(answer.equals("closed") || answer.startsWith("HTTP/1.1 408 "), answer);
    }

    @Test
    void shouldCutOffAHeadThatTrickles() throws IOException {
        requireTimeout(trickle("", "GET"));
        requireTimeout(trickle("GET /health HTTP/1.1\r\nHost: localhost\r\n", "A: b\r\n"));
    }

    @Test
    void shouldCutOffABodyThatTrickles() throws IOException {
        requireTimeout(trickle(HEAD + "100000\r\n\r\n", " "));
        requireTimeout(trickle("GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", " ")
            .replaceFirst("(?s)^HTTP/1.1 200 .*\\]}(?=HTTP)", "").replaceFirst("(?s)^HTTP/1.1 200 .*\\]}$", "closed"));
    }

    @Test
    void shouldCutOffSilenceInTheMiddleOfARequest() throws IOException {
        for (final String part : new String[] {"PO", HEAD, HEAD + "10\r\n\r\n{"}) {
            try (Socket socket = connect()) {
                socket.getOutputStream().write(bytes(part));
                final String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertFalse(answer.contains(" 200 "), answer);
            } catch (final IOException e) {
                // Reset, which is as good.
            }
        }
    }

    @Test
    void shouldAnswerAClientThatPausesBetweenRequests() throws IOException {
        try (Socket socket = connect()) {
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream().write(bytes("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                assertTrue(head(socket.getInputStream()).startsWith("HTTP/1.1 200"));
                LockSupport.parkNanos(LIMIT.toNanos());
            }
        }
    }

    private static String head(final InputStream in) throws IOException {
        final StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char)in.read());
        }
        final int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        in.readNBytes(length);
        return head.toString();
    }

    @Test
    void shouldNotHurryTheAnswer() throws IOException {
        final String body = "{\"prompt\": \"a\", \"max_tokens\": 600, \"ignore_eos\": true}";
        try (Socket socket = connect()) {
            for (int i = 0; i < 2; i++) {
                socket.getOutputStream().write(bytes(HEAD + body.length() + "\r\n\r\n" + body));
                assertTrue(head(socket.getInputStream()).startsWith("HTTP/1.1 200"));
            }
        }
    }

    @Test
    void shouldGiveUpAClientThatReadsNothing() throws IOException {
        final int freePages = server.decoder().load().freePages();
        final String body = "{\"prompt\": \"a\", \"max_tokens\": 2000, \"n\": 4, \"ignore_eos\": true, "
            + "\"stream\": true, \"logprobs\": 20}";
        try (Socket socket = connect()) {
            socket.getOutputStream().write(bytes(HEAD + body.length() + "\r\n\r\n" + body));
            TestServer.await("the sequences run", () -> server.decoder().load().running() == 4);
            TestServer.await("the sequences are gone", () -> server.decoder().load().running() == 0
                && server.decoder().load().freePages() == freePages && server.api().activeGenerations() == 0);
            String text = "";
            try {
                text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            } catch (final IOException e) {
                // Reset, which is as good.
            }
            assertFalse(text.contains("[DONE]"));
        }
        final String page = server.get("/metrics").body();
        assertTrue(page.matches("(?s).*request_success_total\\{[^}]*finished_reason=\"abort\"[^}]*} 4\\.0.*"), page);
        assertEquals(200, server.get("/ready").statusCode());
    }
}
