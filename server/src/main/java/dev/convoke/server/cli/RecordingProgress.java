package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.client.AdminClient;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Says how far a server's recording is: on a terminal one line that is written over, elsewhere a line now and then. A
 * thread of its own asks the server, from the construction to {@link #close}; when the server has no answer, it says
 * nothing.
 */
final class RecordingProgress implements AutoCloseable {
    private static final long TERMINAL_INTERVAL_MS = 500;
    private static final long PLAIN_INTERVAL_MS = 10_000;
    private static final double KB = 1e3;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final AdminClient client;
    private final String route;
    private final PrintStream out;
    private final boolean terminal;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private RecordingProgress(final AdminClient client, final String route, final PrintStream out,
        final boolean terminal) {
        this.client = client;
        this.route = route;
        this.out = out;
        this.terminal = terminal;
        this.thread = Thread.ofVirtual().name("recording-progress").start(this::run);
    }

    /** Of the recording that the route tells of. */
    static RecordingProgress onStandardError(final AdminClient client, final String route) {
        return new RecordingProgress(client, route, System.err,
            System.console() != null && System.console().isTerminal());
    }

    private void run() {
        try {
            while (!closed.await(terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS, TimeUnit.MILLISECONDS)) {
                show();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void show() throws InterruptedException {
        try {
            final JsonNode recording = client.get(route).path("recording");
            if (recording.isObject()) {
                out.print(terminal ? ERASE_LINE + line(recording) : line(recording) + System.lineSeparator());
                out.flush();
            }
        } catch (final ConvokeException e) {
            // The recording itself will find out.
        }
    }

    /** How a recording stands, in a line of a terminal. */
    static String line(final JsonNode recording) {
        final long dropped = recording.path("dropped_steps").asLong();
        return String.format(Locale.ROOT, "%.0f s, %,d steps, %,.1f kB%s", recording.path("seconds").asDouble(),
            recording.path("steps").asLong(), recording.path("bytes").asLong() / KB,
            dropped == 0 ? "" : String.format(Locale.ROOT, ", %,d steps missing", dropped));
    }

    @Override
    public void close() {
        closed.countDown();
        // A server that is silent now would keep it.
        thread.interrupt();
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (terminal) {
            out.print(ERASE_LINE);
            out.flush();
        }
    }
}
