package dev.convoke.bench.serve.client;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.agrona.concurrent.NanoClock;

/**
 * One HTTP/1.1 connection, used by one thread at a time: a request, the head of its answer, the body in pieces. The
 * clock is read right after each read of the socket, and nothing is allocated for a piece. (The JDK's client hands
 * bodies through two more threads before anybody can look at the clock.)
 */
final class HttpConnection implements Closeable {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int MOST_LINE_BYTES = 16 * 1024;
    private static final long UNTIL_CLOSED = Long.MAX_VALUE;

    private final NanoClock clock;
    private final Socket socket;
    private final InputStream input;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long stampNs;
    private boolean anythingRead;

    private int status;
    private boolean chunked;
    private boolean firstChunk;
    private boolean reusable;
    private long remaining;
    private int pieceStart;

    HttpConnection(final ServerAddress server, final NanoClock clock) throws IOException {
        this.clock = clock;
        socket = server.connect();
        input = socket.getInputStream();
    }

    /** Writes a request and reads the answer up to its body. */
    void exchange(final byte[] request) throws IOException {
        anythingRead = false;
        socket.getOutputStream().write(request);
        do {
            readHead();
        } while (status < 200);
    }

    private void readHead() throws IOException {
        final String[] line = readLine().split(" ", 3);
        if (line.length < 2 || !line[0].startsWith("HTTP/1.") || !line[1].matches("[1-5]\\d\\d")) {
            throw new ProtocolException("the answer is not HTTP/1.1 but '" + String.join(" ", line) + "'");
        }
        status = Integer.parseInt(line[1]);
        reusable = line[0].equals("HTTP/1.1");
        chunked = false;
        firstChunk = true;
        remaining = status < 200 || status == 204 ? 0 : UNTIL_CLOSED;
        for (String header = readLine(); !header.isEmpty(); header = readLine()) {
            onHeader(header.toLowerCase(Locale.ROOT));
        }
    }

    private void onHeader(final String header) throws IOException {
        final int colon = header.indexOf(':');
        final String value = header.substring(colon + 1).strip();
        switch (colon < 0 ? "" : header.substring(0, colon)) {
            case "content-length" -> remaining = parseLength(value, 10);
            case "transfer-encoding" -> {
                chunked = value.endsWith("chunked");
                remaining = chunked ? 0 : UNTIL_CLOSED;
            }
            case "connection" -> reusable &= !value.contains("close");
            default -> {
            }
        }
    }

    private static long parseLength(final String text, final int radix) throws IOException {
        try {
            return Long.parseUnsignedLong(text, radix);
        } catch (final NumberFormatException e) {
            throw new ProtocolException("the answer's body has the length '" + text + "'");
        }
    }

    /**
     * How many bytes of the body are next, or -1 at its end; they lie in {@link #buffer()} from {@link #pieceStart()}
     * until the next call. Throws if the connection ends before the body does.
     */
    int nextPiece() throws IOException {
        if (remaining == 0 && (!chunked || !nextChunk())) {
            return -1;
        }
        if (position == limit && !fill()) {
            if (remaining == UNTIL_CLOSED) {
                reusable = false;
                return -1;
            }
            throw new EOFException("the connection was closed within the answer");
        }
        final int bytes = (int)Math.min(remaining, limit - position);
        pieceStart = position;
        position += bytes;
        if (remaining != UNTIL_CLOSED) {
            remaining -= bytes;
        }
        return bytes;
    }

    private boolean nextChunk() throws IOException {
        if (!firstChunk) {
            readLine();
        }
        firstChunk = false;
        final String size = readLine();
        final int extension = size.indexOf(';');
        remaining = parseLength((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
        if (remaining > 0) {
            return true;
        }
        chunked = false;
        while (!readLine().isEmpty()) {
            // Trailers say nothing of interest.
            continue;
        }
        return false;
    }

    private String readLine() throws IOException {
        int start = position;
        StringBuilder before = null;
        while (true) {
            for (; position < limit; position++) {
                if (buffer[position] == '\n') {
                    final String rest = text(start, position++);
                    final String line = before == null ? rest : before.append(rest).toString();
                    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
                }
            }
            before = before == null ? new StringBuilder() : before;
            before.append(text(start, limit));
            if (before.length() > MOST_LINE_BYTES) {
                throw new ProtocolException("the answer has a line of more than " + MOST_LINE_BYTES + " bytes");
            }
            if (!fill()) {
                throw new EOFException("the connection was closed " + (anythingRead ? "within" : "before")
                    + " the answer");
            }
            start = 0;
        }
    }

    private String text(final int from, final int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private boolean fill() throws IOException {
        final int bytes = input.read(buffer, 0, buffer.length);
        stampNs = clock.nanoTime();
        position = 0;
        limit = Math.max(bytes, 0);
        anythingRead |= bytes > 0;
        return bytes > 0;
    }

    /** The status of the latest answer. */
    int status() {
        return status;
    }

    byte[] buffer() {
        return buffer;
    }

    int pieceStart() {
        return pieceStart;
    }

    /** When the read that brought the current piece returned. */
    long stampNs() {
        return stampNs;
    }

    /** Whether any byte of the current answer has come. */
    boolean anythingRead() {
        return anythingRead;
    }

    /** Whether the answer was read to its end and the server keeps the connection open. */
    boolean isReusable() {
        return reusable && !chunked && remaining == 0;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (final IOException e) {
            // It is gone either way.
            reusable = false;
        }
    }
}
