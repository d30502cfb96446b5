package dev.convoke.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.trace.TraceException;
import dev.convoke.server.client.AdminClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Records the routes of what a running server answers. The server sends the trace while it makes it; told to end, it
 * is asked for the trace's end, and where that does not come, the file is ended after the last block that is whole.
 */
final class LiveRecording {
    private static final String ROUTE = "/admin/v1/routing-traces";
    private static final int PIECE_BYTES = 1 << 16;
    private static final long LAST_BYTES_SECONDS = 10;

    private final AdminClient client;
    private final RecordedTrace out;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopped;
    private volatile HttpResponse<InputStream> answer;

    private LiveRecording(final AdminClient client, final RecordedTrace out) {
        this.client = client;
        this.out = out;
    }

    /**
     * Records into a file, which stays as it is if the server refuses.
     *
     * @param settings as the server wants them
     */
    static void run(final AdminClient client, final ObjectNode settings, final RecordedTrace out) throws Exception {
        final LiveRecording recording = new LiveRecording(client, out);
        StopSignal.run(() -> {
            recording.record(settings);
            return 0;
        }, recording::stop);
    }

    private void record(final ObjectNode settings) throws InterruptedException, IOException {
        try {
            answer = client.post(ROUTE, settings);
            if (stopped) {
                askForTheEnd();
            }
            out.say("recording at " + client.server() + "; Ctrl-C ends it");
            final boolean whole;
            try (InputStream body = answer.body();
                OutputStream file = out.create();
                RecordingProgress _ = RecordingProgress.onStandardError(client, ROUTE)) {
                whole = copy(body, file);
            } catch (final IOException e) {
                throw out.cannotBeWritten(e);
            }
            requireWhole(whole);
            out.describe();
        } finally {
            ended.countDown();
        }
    }

    /** Returns false if the answer breaks off. */
    private static boolean copy(final InputStream from, final OutputStream to) throws IOException {
        final byte[] piece = new byte[PIECE_BYTES];
        while (true) {
            final int length;
            try {
                length = from.read(piece);
            } catch (final IOException e) {
                return false;
            }
            if (length < 0) {
                return true;
            }
            to.write(piece, 0, length);
        }
    }

    private void requireWhole(final boolean whole) throws IOException {
        if (whole) {
            return;
        }
        try {
            out.mend();
            out.describe();
        } catch (final TraceException e) {
            throw new ConvokeException("The server at " + client.server() + " went away before the trace had begun; "
                + "see its log.", e);
        }
        throw new ConvokeException("The server at " + client.server() + " went away in the middle of the trace; "
            + out.file() + " holds what had come until then.");
    }

    /** By another thread: the rest may still come, but not for ever. */
    private void stop() {
        stopped = true;
        try {
            if (answer != null) {
                askForTheEnd();
                if (!ended.await(LAST_BYTES_SECONDS, TimeUnit.SECONDS)) {
                    answer.body().close();
                }
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void askForTheEnd() throws InterruptedException {
        try {
            client.delete(answer.headers().firstValue("location").orElse(ROUTE));
        } catch (final ConvokeException e) {
            // It has ended already, or the server is gone and the answer breaks off.
        }
    }
}
