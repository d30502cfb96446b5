package dev.convoke.bench.serve.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.LoadRun;
import dev.convoke.bench.serve.PreparedRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.RunObserver;
import dev.convoke.bench.serve.ScriptedServer;
import dev.convoke.bench.serve.arrivals.ConstantArrivals;
import dev.convoke.bench.serve.results.Distribution;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.Metric;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server that answers at once, but for one second in which it answers nobody. At a constant rate of 100 per second
 * over two seconds, half of all requests are due in that second and wait for what is left of it: theory gives a
 * uniform distribution from 0 to 1 s for them. The server's own stamps say when the second was.
 */
@Timeout(60)
class CoordinatedOmissionTest {
    private static final int REQUESTS = 200;
    private static final int FIRST_STALLED = 50;
    private static final double PER_SECOND = 100;
    private static final long STALL_NS = TimeUnit.SECONDS.toNanos(1);
    /** Histograms hold three digits. */
    private static final double ROUNDING = 0.998;

    @Test
    void shouldShowTheStallAsTheoryHasItWhenRequestsAreSentOnSchedule() throws InterruptedException {
        try (StallingServer stalling = new StallingServer()) {
            final LoadRun run = new LoadRun(requests(stalling), RunObserver.NONE)
                .open(new ConstantArrivals(PER_SECOND, 1).offsetsNs(REQUESTS, 0), 0);
            final Distribution measured = measurement(run).distribution(Metric.TTFT);
            final double[] theory = theoryMs(run, stalling);
            // Nobody was answered while the server stalled, so latencies cannot be less than theory has them.
            for (final double percentile : new double[] {60, 75, 90, 99}) {
                final double expected = theory[(int)Math.ceil(percentile / 100 * REQUESTS) - 1];
                assertTrue(measured.percentileMs(percentile) >= expected * ROUNDING,
                    "p" + percentile + " " + measured.percentileMs(percentile) + ", theory " + expected);
            }
            assertTrue(measured.percentileMs(75) >= 400, "p75 " + measured.percentileMs(75));
            assertTrue(measured.percentileMs(90) >= 700, "p90 " + measured.percentileMs(90));
            // Nor much more: what the client adds to the server's own stamps is small for most.
            final List<Long> added = run.outcomes().stream().map(outcome -> outcome.endNs()
                - Math.max(outcome.intendedNs(), stalling.answeredNs(outcome))).sorted().toList();
            assertTrue(added.get(REQUESTS / 2) < STALL_NS / 4, "added " + added);
        }
    }

    @Test
    void shouldHideTheStallWhenTheNextRequestWaitsForTheAnswer() throws InterruptedException {
        try (StallingServer stalling = new StallingServer()) {
            final LoadRun run = new LoadRun(requests(stalling), RunObserver.NONE).closed(1);
            final Distribution measured = measurement(run).distribution(Metric.TTFT);
            assertEquals(1, stalling.waited());
            assertTrue(measured.mostMs() >= 1000 * ROUNDING, "max " + measured.mostMs());
            assertTrue(measured.percentileMs(90) < 200, "p90 " + measured.percentileMs(90));
        }
    }

    @Test
    void shouldCountTheWaitForASlotInLatencyFromTheIntendedTimeOnly() throws InterruptedException {
        try (StallingServer stalling = new StallingServer()) {
            final LoadRun run = new LoadRun(requests(stalling), RunObserver.NONE)
                .open(new ConstantArrivals(PER_SECOND, 1).offsetsNs(REQUESTS, 0), 1);
            final Measurement measured = measurement(run);
            assertEquals(1, stalling.waited());
            assertEquals(1, measured.mostConcurrent());
            assertTrue(measured.distribution(Metric.E2EL).percentileMs(90) >= 700);
            assertTrue(measured.distribution(Metric.E2EL_FROM_SEND).percentileMs(90) < 200);
            assertTrue(measured.distribution(Metric.QUEUE_TIME).percentileMs(90) >= 500);
        }
    }

    /** The sorted latencies of a server that takes no time but for the stall. */
    private static double[] theoryMs(final LoadRun run, final StallingServer stalling) {
        return run.outcomes().stream().mapToDouble(outcome -> outcome.intendedNs() < stalling.stallNs ? 0
            : Math.max(0, stalling.stallNs + STALL_NS - outcome.intendedNs()) / 1e6).sorted().toArray();
    }

    private static Measurement measurement(final LoadRun run) {
        final Measurement measured = new Measurement(run.outcomes(), run.startNs(), run.durationNs(), List.of());
        assertEquals(REQUESTS, measured.completed(), () -> measured.failures().toString());
        return measured;
    }

    private static List<PreparedRequest> requests(final StallingServer stalling) {
        final HttpConnections connections = new HttpConnections(new ServerAddress(stalling.server.uri(),
            Optional.empty(), true, Duration.ofSeconds(30)), SystemNanoClock.INSTANCE);
        final StreamingClient client = new StreamingClient(connections, "/v1/completions",
            new RequestBody(false, new ObjectMapper().createObjectNode()));
        return Collections.nCopies(REQUESTS, client.prepare(new LoadRequest(Prompt.ofText("x"), 1)));
    }

    /** From the time it gets a certain request, it answers nobody for a second. */
    private static final class StallingServer implements AutoCloseable {
        private final ScriptedServer server = new ScriptedServer(this::answer);
        private volatile long stallNs = Long.MAX_VALUE;
        private int waiting;

        private boolean answer(final int number, final String request, final OutputStream out) throws IOException {
            if (number == FIRST_STALLED) {
                stallNs = System.nanoTime();
            }
            awaitEnd();
            ScriptedServer.beginStream(out);
            ScriptedServer.token(out, "a");
            ScriptedServer.endStream(out, 1, 1);
            return true;
        }

        private void awaitEnd() {
            if (stallNs == Long.MAX_VALUE) {
                return;
            }
            final long endNs = stallNs + STALL_NS;
            if (System.nanoTime() < endNs) {
                synchronized (this) {
                    waiting++;
                }
            }
            for (long left = endNs - System.nanoTime(); left > 0; left = endNs - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }

        /** Its earliest possible answer to a request that was due at some time. */
        long answeredNs(final RequestOutcome outcome) {
            return outcome.intendedNs() < stallNs ? outcome.intendedNs() : stallNs + STALL_NS;
        }

        synchronized int waited() {
            return waiting;
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
