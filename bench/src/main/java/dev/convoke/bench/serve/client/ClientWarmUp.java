package dev.convoke.bench.serve.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.LoadRun;
import dev.convoke.bench.serve.PreparedRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.RunObserver;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.agrona.concurrent.SystemNanoClock;

/**
 * Sends requests to a server within this process until the JVM has compiled what sends, reads and stamps: interpreted,
 * that takes some tenths of a millisecond, and the first requests' latencies would have it. The server that is to be
 * measured is left alone. Takes about half a second.
 */
public final class ClientWarmUp {
    private static final int USERS = 2;
    private static final int CLOSED_REQUESTS = 2000;
    private static final int OPEN_REQUESTS = 250;
    private static final long INTERVAL_NS = TimeUnit.MICROSECONDS.toNanos(500);

    private ClientWarmUp() {
    }

    /** Warms up; returns how many requests were answered: fewer than all where a process cannot talk to itself. */
    public static int run() throws InterruptedException {
        try (CannedServer server = new CannedServer();
            HttpConnections connections = new HttpConnections(server.address(), SystemNanoClock.INSTANCE)) {
            final PreparedRequest request = new StreamingClient(connections, "/v1/completions",
                new RequestBody(false, new ObjectMapper().createObjectNode())).prepare(
                    new LoadRequest(Prompt.ofText("In the beginning"), 1));
            final LoadRun closed = new LoadRun(Collections.nCopies(CLOSED_REQUESTS, request), RunObserver.NONE)
                .closed(USERS);
            final LoadRun open = new LoadRun(Collections.nCopies(OPEN_REQUESTS, request), RunObserver.NONE)
                .open(LongStream.range(0, OPEN_REQUESTS).map(i -> i * INTERVAL_NS).toArray(), 0);
            return answered(closed.outcomes()) + answered(open.outcomes());
        } catch (final IOException e) {
            // Then the first requests are slower; the server may be reachable all the same.
            return 0;
        }
    }

    private static int answered(final List<RequestOutcome> outcomes) {
        return (int)outcomes.stream().filter(RequestOutcome::succeeded).count();
    }
}
