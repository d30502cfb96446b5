package dev.convoke.server.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code convoke serve} of tiny-moe in a process of its own, on a free port. Its cache holds exactly one sequence of
 * the longest kind, so that such a one only finishes when no page was lost, and so that sequences in company have to
 * give pages up.
 */
final class LiveServer implements AutoCloseable {
    static final String COMPLETIONS = "/v1/completions";
    static final String CHAT = "/v1/chat/completions";
    static final int CONTEXT = 1024;
    /** 64 pages of 16 positions: keys and values of 6 layers with 3 heads of 32 in bf16. */
    private static final int CACHE_BYTES = CONTEXT * 6 * 3 * 32 * 2 * 2;
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final String GREEDY = "{\"prompt\": \"In the beginning\", \"max_tokens\": 24, \"temperature\": 0}";

    private final ConvokeProcess process;
    private final int port;
    private final String greedyText;

    private LiveServer(final ConvokeProcess process) throws IOException {
        this.process = process;
        process.awaitSaying("ready on http://127.0.0.1:");
        this.port = Integer.parseInt(process.said().replaceAll("(?s).*ready on http://127.0.0.1:(\\d+) in .*", "$1"));
        this.greedyText = greedyText();
    }

    /** Starts one with a heap so large, and more options. */
    static LiveServer start(final String heap, final String... options) throws IOException {
        final List<String> arguments = new ArrayList<>(List.of("serve", "--model", TestModels.TINY.toString(),
            "--port", "0", "--threads", "1", "--max-context", Integer.toString(CONTEXT), "--kv-bytes",
            Integer.toString(CACHE_BYTES), "--max-waiting", "1024"));
        arguments.addAll(Arrays.asList(options));
        final ConvokeProcess process = ConvokeProcess.startWith(List.of("-Xmx" + heap,
            "-XX:NativeMemoryTracking=summary"), arguments.toArray(String[]::new));
        try {
            return new LiveServer(process);
        } catch (final IOException | RuntimeException | Error e) {
            process.close();
            throw e;
        }
    }

    RawConnection connect() throws IOException {
        return new RawConnection(port);
    }

    long pid() {
        return process.pid();
    }

    String said() {
        return process.said();
    }

    Footprint footprint() {
        return Footprint.of(pid());
    }

    private String greedyText() throws IOException {
        try (RawConnection connection = connect()) {
            final RawConnection.Reply reply = connection.exchange(COMPLETIONS, GREEDY);
            assertEquals(200, reply.status(), reply.body());
            return reply.json().get("choices").get(0).get("text").textValue();
        }
    }

    /** It is ready, answers as it did at the start, and has said nothing that only a developer understands. */
    void requireUnharmed() throws IOException {
        try (RawConnection connection = connect()) {
            final RawConnection.Reply health = connection.get("/health");
            assertEquals(200, health.status(), health.body());
        }
        assertEquals(greedyText, greedyText());
        assertFalse(process.said().contains("\tat "), process.said());
        assertFalse(process.said().contains("Exception"), process.said());
        assertFalse(process.said().contains("OutOfMemoryError"), process.said());
    }

    /** A sequence that needs every page of the cache comes to its end, which it cannot if a page was lost. */
    void requireEveryPageFree() throws IOException {
        try (RawConnection connection = connect()) {
            final RawConnection.Reply reply = connection.exchange(COMPLETIONS, "{\"prompt\": [5], \"max_tokens\": "
                + (CONTEXT - 1) + ", \"ignore_eos\": true, \"temperature\": 0}");
            assertEquals(200, reply.status(), reply.body());
            assertEquals(CONTEXT - 1, reply.json().get("usage").get("completion_tokens").intValue());
        }
    }

    /** Waits until no sequence runs or waits, by what its metrics say. */
    void awaitNothingRunning() throws IOException {
        final long endNs = System.nanoTime() + LIMIT_NS;
        while (true) {
            try (RawConnection connection = connect()) {
                final String page = connection.get("/metrics").body();
                if (page.matches("(?s).*num_requests_running\\{[^}]*} 0\\.0\n.*")
                    && page.matches("(?s).*num_requests_waiting\\{[^}]*} 0\\.0\n.*")) {
                    return;
                }
            }
            assertTrue(System.nanoTime() < endNs, "sequences still run");
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Tells it to end, which it must do in order. */
    void stop() {
        assertEquals(0, process.terminate(), process.said());
        assertTrue(process.said().contains("stopped"), process.said());
    }

    @Override
    public void close() {
        process.close();
    }
}
