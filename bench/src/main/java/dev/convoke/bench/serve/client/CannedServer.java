package dev.convoke.bench.serve.client;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A server within this process that answers every request with the same short stream, event by event, for the load
 * generator to warm up on. A thread for each connection; on the loopback interface only.
 */
final class CannedServer implements Closeable {
    private static final int EVENTS = 4;
    private static final int BACKLOG = 64;
    private static final int MOST_HEAD_BYTES = 4096;
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(5);
    private static final byte[] HEAD = bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n");
    private static final byte[] TOKEN = event("{\"choices\":[{\"index\":0,\"text\":\" on\",\"finish_reason\":null}]}");
    private static final byte[] REST = bytes(text(event("{\"choices\":[{\"index\":0,\"text\":\" on\",\"finish_reason\":"
        + "\"length\"}]}")) + text(event("{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":"
        + (EVENTS + 1) + "}}")) + text(event("[DONE]")) + "0\r\n\r\n");

    private final ServerSocket listening;

    /** Listens on a free port. */
    CannedServer() throws IOException {
        listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("canned-server").start(this::accept);
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(final byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] event(final String data) {
        return bytes(Integer.toHexString(data.length() + 8) + "\r\ndata: " + data + "\n\n\r\n");
    }

    ServerAddress address() {
        return new ServerAddress(URI.create("http://" + listening.getInetAddress().getHostAddress() + ":"
            + listening.getLocalPort()), Optional.empty(), true, SILENCE_LIMIT);
    }

    private void accept() {
        try {
            while (true) {
                final Socket socket = listening.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().name("canned-answers").start(() -> serve(socket));
            }
        } catch (final IOException e) {
            // Closed: that is how it ends.
            return;
        }
    }

    private static void serve(final Socket socket) {
        try (socket) {
            final InputStream in = new BufferedInputStream(socket.getInputStream());
            final OutputStream out = socket.getOutputStream();
            while (readRequest(in)) {
                out.write(HEAD);
                for (int i = 0; i < EVENTS; i++) {
                    out.write(TOKEN);
                }
                out.write(REST);
            }
        } catch (final IOException e) {
            // The client is gone, and with it the reason to answer.
            return;
        }
    }

    /** Reads a head and the body that it announces; false at the end of the connection, and for what is no request. */
    private static boolean readRequest(final InputStream in) throws IOException {
        final StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
            final int next = in.read();
            if (next < 0 || head.length() == MOST_HEAD_BYTES) {
                return false;
            }
            head.append((char)next);
        }
        final String name = "Content-Length: ";
        final int at = head.indexOf(name);
        final String length = at < 0 ? "0" : head.substring(at + name.length(), head.indexOf("\r", at));
        in.skipNBytes(Integer.parseInt(length));
        return true;
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
