package dev.convoke.bench.serve;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server on a free port whose answers a test writes byte by byte. A virtual thread for each connection. */
public final class ScriptedServer implements AutoCloseable {
    private final ServerSocket listening;
    private final Script script;
    private final AtomicInteger received = new AtomicInteger();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** What the server does with a request. */
    public interface Script {
        /** Answers the request that came as number so and so, from 0; false closes the connection afterwards. */
        boolean answer(int number, String request, OutputStream out) throws IOException;
    }

    /** Starts. */
    public ScriptedServer(final Script script) {
        this.script = script;
        try {
            this.listening = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                final Socket socket = listening.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (final IOException e) {
            // Closed.
            return;
        }
    }

    private void serve(final Socket socket) {
        try (socket) {
            final InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String request = request(in); request != null; request = request(in)) {
                if (!script.answer(received.getAndIncrement(), request, socket.getOutputStream())) {
                    return;
                }
            }
        } catch (final IOException e) {
            // The client left.
            return;
        }
    }

    private static String request(final InputStream in) throws IOException {
        final StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            final int next = in.read();
            if (next < 0) {
                return null;
            }
            head.append((char)next);
        }
        final String lower = head.toString().toLowerCase(Locale.ROOT);
        final int at = lower.indexOf("content-length: ");
        final int length = at < 0 ? 0 : Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)));
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** Where it listens. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    /** How many requests have come. */
    public int received() {
        return received.get();
    }

    /** Writes text as it is. */
    public static void write(final OutputStream out, final String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Writes the head of a chunked event stream. */
    public static void beginStream(final OutputStream out) throws IOException {
        write(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    /** Writes one event in a chunk of its own. */
    public static void event(final OutputStream out, final String data) throws IOException {
        final String event = "data: " + data + "\n\n";
        write(out, Integer.toHexString(event.getBytes(StandardCharsets.UTF_8).length) + "\r\n" + event + "\r\n");
    }

    /** Writes an event with a text. */
    public static void token(final OutputStream out, final String text) throws IOException {
        event(out, "{\"choices\":[{\"index\":0,\"text\":\"" + text + "\",\"finish_reason\":null}]}");
    }

    /** Writes what ends a stream of so many tokens. */
    public static void endStream(final OutputStream out, final int promptTokens, final int tokens) throws IOException {
        event(out, "{\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"length\"}]}");
        event(out, "{\"choices\":[],\"usage\":{\"prompt_tokens\":" + promptTokens + ",\"completion_tokens\":" + tokens
            + "}}");
        event(out, "[DONE]");
        write(out, "0\r\n\r\n");
    }

    /** Writes a JSON answer. */
    public static void json(final OutputStream out, final int status, final String body) throws IOException {
        write(out, "HTTP/1.1 " + status + " Status\r\nContent-Type: application/json\r\nContent-Length: "
            + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    @Override
    public void close() {
        try {
            listening.close();
            for (final Socket socket : sockets) {
                socket.close();
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
