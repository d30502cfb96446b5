package dev.convoke.server.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A socket that speaks as much HTTP/1.1 as it is told to, right or wrong. For one thread. */
final class RawConnection implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final int SILENCE_MS = 60_000;
    private static final String CRLF = "\r\n";

    private final Socket socket;
    private final InputStream input;
    private int chunkLeft;

    /** Connects to a server of this machine. */
    RawConnection(final int port) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(SILENCE_MS);
        socket.connect(new InetSocketAddress("127.0.0.1", port), SILENCE_MS);
        input = new BufferedInputStream(socket.getInputStream());
    }

    /**
     * An answer's head.
     *
     * @param status its number
     * @param text   the lines, in lower case, from the status line to the empty one
     */
    record Head(int status, String text) {
        boolean isChunked() {
            return text.contains("transfer-encoding: chunked");
        }

        int length() {
            final int at = text.indexOf("content-length:");
            return at < 0 ? 0 : Integer.parseInt(text.substring(at + 15, text.indexOf('\r', at)).trim());
        }
    }

    /** A whole answer. */
    record Reply(int status, String body) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (final IOException e) {
                throw new AssertionError(body, e);
            }
        }
    }

    /** The bytes of a POST, correct in every way. */
    static byte[] post(final String path, final byte[] body) {
        final byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        final ByteArrayOutputStream all = new ByteArrayOutputStream(head.length + body.length);
        all.writeBytes(head);
        all.writeBytes(body);
        return all.toByteArray();
    }

    void send(final byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(final String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a request and takes its whole answer. */
    Reply exchange(final String path, final byte[] body) throws IOException {
        send(post(path, body));
        return reply();
    }

    Reply exchange(final String path, final String body) throws IOException {
        return exchange(path, body.getBytes(StandardCharsets.UTF_8));
    }

    Reply get(final String path) throws IOException {
        send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return reply();
    }

    Reply reply() throws IOException {
        final Head head = head();
        if (!head.isChunked()) {
            return new Reply(head.status(), new String(input.readNBytes(head.length()), StandardCharsets.UTF_8));
        }
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int next = nextOfChunks(); next >= 0; next = nextOfChunks()) {
            body.write(next);
        }
        return new Reply(head.status(), body.toString(StandardCharsets.UTF_8));
    }

    Head head() throws IOException {
        final StringBuilder lines = new StringBuilder();
        while (lines.length() < 4 || lines.lastIndexOf("\r\n\r\n") != lines.length() - 4) {
            final int next = input.read();
            if (next < 0) {
                throw new EOFException("closed after '" + lines + "'");
            }
            lines.append((char)next);
        }
        final String text = lines.toString().toLowerCase(Locale.ROOT);
        if (!text.matches("(?s)http/1\\.1 [1-5]\\d\\d .*")) {
            throw new AssertionError("no answer of HTTP/1.1: " + text);
        }
        return new Head(Integer.parseInt(text.substring(9, 12)), text);
    }

    /** The next event of a stream, without its name; null at the end of the body. */
    String event() throws IOException {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = nextOfChunks(); next >= 0; next = nextOfChunks()) {
            if (next != '\n') {
                line.write(next);
            } else if (line.size() > 0) {
                final String event = line.toString(StandardCharsets.UTF_8);
                line.reset();
                if (event.startsWith("data: ")) {
                    return event.substring("data: ".length());
                }
            }
        }
        return null;
    }

    /** The next byte of a body in chunks, or -1 at its end. */
    private int nextOfChunks() throws IOException {
        if (chunkLeft == 0) {
            final String size = line();
            chunkLeft = Integer.parseInt(size, 16);
            if (chunkLeft == 0) {
                line();
                return -1;
            }
        }
        final int next = input.read();
        if (next < 0) {
            throw new EOFException("closed in the middle of a chunk");
        }
        chunkLeft--;
        if (chunkLeft == 0) {
            line();
        }
        return next;
    }

    private String line() throws IOException {
        final StringBuilder line = new StringBuilder();
        while (line.lastIndexOf(CRLF) < 0) {
            final int next = input.read();
            if (next < 0) {
                throw new EOFException("closed in the middle of a line");
            }
            line.append((char)next);
        }
        return line.substring(0, line.length() - 2);
    }

    /** Says that nothing more is sent, and takes all that still comes. */
    byte[] finish() throws IOException {
        socket.shutdownOutput();
        return input.readAllBytes();
    }

    /** Waits until the server closes the connection; what came before is left out. */
    void awaitClose() throws IOException {
        input.skip(Long.MAX_VALUE);
        while (input.read() >= 0) {
            // What it says on leaving does not matter here.
        }
    }

    /** Leaves without a word: the other side gets a reset. */
    void abort() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
