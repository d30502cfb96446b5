package dev.convoke.bench.serve.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.ScriptedServer;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.Metric;
import dev.convoke.bench.serve.results.ResultFile;
import dev.convoke.bench.serve.results.RunDescription;
import dev.convoke.bench.serve.results.Selection;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.NanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server whose latencies are known to the nanosecond: the client's clock is the server's own, which only goes on when
 * the script says so, and only after the client has stamped what was written before. Then figures must be exact,
 * however busy the machine is.
 */
@Timeout(60)
class ScriptedLatencyTest {
    private static final long MS = 1_000_000;
    private static final int REQUESTS = 100;
    private static final int TOKENS = 5;
    /** Requests are due so long before they are sent. */
    private static final long LATE_NS = 3 * MS;

    /** First tokens come after 51 to 150 ms, the others at distances of 10 ms and one of 30 ms. */
    private static long firstNs(final int request) {
        return (51 + request) * MS;
    }

    private static long gapNs(final int token) {
        return (token == 3 ? 30 : 10) * MS;
    }

    @Test
    void shouldTellAScriptedServersLatenciesExactly() {
        final StepwiseClock clock = new StepwiseClock();
        final List<RequestOutcome> outcomes = new ArrayList<>();
        try (ScriptedServer server = new ScriptedServer((number, _, out) -> answer(clock, number, out));
            HttpConnections connections = new HttpConnections(new ServerAddress(server.uri(), Optional.empty(), true,
                Duration.ofSeconds(30)), clock)) {
            final StreamingClient client = new StreamingClient(connections, "/v1/completions",
                new RequestBody(false, new ObjectMapper().createObjectNode()));
            for (int i = 0; i < REQUESTS; i++) {
                outcomes.add(client.prepare(new LoadRequest(Prompt.ofText("x"), TOKENS))
                    .send(clock.nowNs() - LATE_NS));
            }
        }
        for (int i = 0; i < REQUESTS; i++) {
            final RequestOutcome outcome = outcomes.get(i);
            assertEquals("", outcome.error());
            assertEquals(LATE_NS, outcome.queueNs());
            assertEquals(LATE_NS + firstNs(i), outcome.timeToFirstTokenNs());
            for (int token = 1; token < TOKENS; token++) {
                assertEquals(gapNs(token), outcome.tokenNs()[token] - outcome.tokenNs()[token - 1]);
            }
            assertEquals(15 * MS, outcome.timePerOutputTokenNs());
            assertEquals(LATE_NS + firstNs(i) + 60 * MS, outcome.endToEndNs());
        }
        assertFigures(result(outcomes));
    }

    private static boolean answer(final StepwiseClock clock, final int number, final OutputStream out)
        throws IOException {
        clock.goOnAfterNextReading(0, () -> ScriptedServer.beginStream(out));
        clock.goOn(firstNs(number));
        for (int token = 0; token < TOKENS; token++) {
            clock.goOnAfterNextReading(token + 1 < TOKENS ? gapNs(token + 1) : 0, () -> ScriptedServer.token(out, "a"));
        }
        ScriptedServer.endStream(out, 1, TOKENS);
        return true;
    }

    private static JsonNode result(final List<RequestOutcome> outcomes) {
        return ResultFile.of(new Measurement(outcomes, 0, 1000 * MS, List.of()), new Selection(List.of(Metric.values()),
            List.of(50.0, 90.0, 99.0), Optional.empty()), new RunDescription("openai", "http://a:1", "/v1/completions",
            "m", "server", "custom", "constant", 1, 1, OptionalInt.empty(), 0, "", Map.of()), LocalDateTime.now(),
            true);
    }

    private static void assertFigures(final JsonNode result) {
        assertFigure(103.5, result, "mean_ttft_ms");
        assertFigure(103, result, "median_ttft_ms");
        assertFigure(143, result, "p90_ttft_ms");
        assertFigure(152, result, "p99_ttft_ms");
        assertFigure(100.5, result, "mean_ttft_from_send_ms");
        assertFigure(10, result, "median_itl_ms");
        assertFigure(15, result, "mean_itl_ms");
        assertFigure(30, result, "p90_itl_ms");
        assertFigure(15, result, "p99_tpot_ms");
        assertFigure(163.5, result, "mean_e2el_ms");
        assertFigure(212, result, "p99_e2el_ms");
        assertFigure(3, result, "p99_queue_time_ms");
        assertEquals(0.054, result.get("ttfts").get(0).asDouble());
        assertEquals(0.114, result.get("latencies").get(0).asDouble());
    }

    /** Histograms hold three digits. */
    private static void assertFigure(final double ms, final JsonNode result, final String field) {
        assertEquals(ms, result.get(field).asDouble(), ms * 0.001, field);
    }

    /** A clock that the server moves; it counts its readings. */
    private static final class StepwiseClock implements NanoClock {
        private final AtomicLong nowNs = new AtomicLong(1_000_000_000);
        private final AtomicLong readings = new AtomicLong();

        /** What it shows, for who is not the client. */
        long nowNs() {
            return nowNs.get();
        }

        @Override
        public long nanoTime() {
            final long readNs = nowNs.get();
            readings.incrementAndGet();
            return readNs;
        }

        void goOn(final long ns) {
            nowNs.addAndGet(ns);
        }

        /** Writes something, waits until the client has read the clock for it, and goes on. */
        void goOnAfterNextReading(final long ns, final Writing writing) throws IOException {
            final long before = readings.get();
            writing.write();
            while (readings.get() == before) {
                Thread.onSpinWait();
            }
            goOn(ns);
        }

        @FunctionalInterface
        private interface Writing {
            void write() throws IOException;
        }
    }
}
