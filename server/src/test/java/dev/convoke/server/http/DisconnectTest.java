package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DisconnectTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String ENDLESS = "{\"prompt\": \"a\", \"max_tokens\": 2000, \"ignore_eos\": true";

    private static Socket send(final String body) throws IOException {
        final Socket socket = new Socket("127.0.0.1", SERVER.port());
        socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static void awaitNothingLeft(final int freePages) {
        TestServer.await("the sequence is gone", () -> SERVER.decoder().decoder().running() == 0
            && SERVER.decoder().decoder().freePages() == freePages && SERVER.api().activeGenerations() == 0);
    }

    @Test
    void shouldEndTheSequenceWhenTheClientLeavesAStream() throws IOException {
        final int freePages = SERVER.decoder().decoder().freePages();
        try (Socket socket = send(ENDLESS + ", \"stream\": true}")) {
            final BufferedReader reader = new BufferedReader(new InputStreamReader(socket.getInputStream(),
                StandardCharsets.UTF_8));
            String line = reader.readLine();
            while (!line.startsWith("data: ")) {
                line = reader.readLine();
            }
            assertEquals(1, SERVER.api().activeGenerations());
        }
        awaitNothingLeft(freePages);
    }

    @Test
    void shouldEndTheSequenceWhenTheClientLeavesBeforeTheAnswer() throws IOException {
        final int freePages = SERVER.decoder().decoder().freePages();
        try (Socket _ = send(ENDLESS + "}")) {
            TestServer.await("the sequence runs", () -> SERVER.decoder().decoder().running() == 1);
        }
        awaitNothingLeft(freePages);
    }

    @Test
    void shouldAnswerTheNextRequestOfAConnection() throws IOException {
        final String body = "{\"prompt\": \"In the beginning\", \"max_tokens\": 2, \"temperature\": 0}";
        try (Socket socket = send(body)) {
            for (int i = 0; i < 3; i++) {
                assertEquals(" of the", answer(socket));
                socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            }
            assertEquals(" of the", answer(socket));
        }
    }

    private static String answer(final Socket socket) throws IOException {
        final StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char)socket.getInputStream().read());
        }
        final int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        final String answer = new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
        return TestServer.json(answer).get("choices").get(0).get("text").asText();
    }
}
