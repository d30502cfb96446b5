package dev.convoke.server.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Clients that mean harm: nonsense, bytes that trickle, thousands of connections that say nothing, streams that are
 * left or not read. Afterwards the server holds what it held before, within the margins of {@link Footprint}.
 * {@code -Dsoak.seed=N} repeats a run.
 */
@EnabledOnOs(OS.LINUX)
@Tag("full")
@Timeout(600)
class HostileClientsTest {
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final int ROUNDS = 3;
    private static final String ENDLESS = "{\"prompt\": [5], \"max_tokens\": 1000, \"ignore_eos\": true, "
        + "\"stream\": true, \"logprobs\": 20}";
    private static final Duration BETWEEN_BYTES = Duration.ofMillis(100);

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private LiveServer server;

    /** What one client does. */
    @FunctionalInterface
    private interface Attack {
        void run(SplittableRandom random) throws IOException;
    }

    @Test
    void shouldHoldNothingOfThemAfterwards() throws Exception {
        System.out.println("soak.seed=" + SEED);
        final SplittableRandom random = new SplittableRandom(SEED);
        try (LiveServer started = LiveServer.start("256m", "--read-timeout", "1s", "--request-timeout", "2s",
            "--write-timeout", "1s", "--max-concurrent-requests", "256")) {
            server = started;
            attack(random, 10);
            server.requireEveryPageFree();
            final Footprint before = server.footprint();
            for (int round = 1; round <= ROUNDS; round++) {
                attack(random, 1);
                server.requireEveryPageFree();
                before.awaitNoMore(server.pid(), "hostile clients, round " + round);
            }
            server.requireUnharmed();
            server.stop();
        }
    }

    /** One part in so many of each kind. */
    private void attack(final SplittableRandom random, final int part) throws Exception {
        atOnce(8, random, own -> {
            for (int i = 0; i < 1_000 / part; i++) {
                sayNonsense(own);
            }
        });
        atOnce(500 / part, random, this::trickle);
        standIdle(2_000 / part, random);
        atOnce(32, random, own -> {
            for (int i = 0; i < 20 / part + 1; i++) {
                leaveAStream(own);
            }
        });
        atOnce(12 / Math.min(part, 6), random, own -> readNothing());
    }

    private void atOnce(final int clients, final SplittableRandom random, final Attack attack)
        throws InterruptedException {
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            final SplittableRandom own = random.split();
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    attack.run(own);
                } catch (final IOException | RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw new AssertionError("the server having said:\n" + server.said(), failure.get());
        }
    }

    /** A request with some bytes changed, after which the client says nothing more, which may pass for having left. */
    private void sayNonsense(final SplittableRandom random) throws IOException {
        final byte[] request = RawConnection.post(LiveServer.COMPLETIONS,
            "{\"prompt\": \"In the\", \"max_tokens\": 2, \"stop\": [\"x\"], \"seed\": 3}".getBytes(
                StandardCharsets.UTF_8));
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            request[random.nextInt(request.length)] = (byte)random.nextInt(256);
        }
        try (RawConnection connection = server.connect()) {
            connection.send(request);
            final String answer = new String(connection.finish(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.isEmpty() || answer.matches("(?s)HTTP/1\\.1 ([24]\\d\\d|503) .*"), answer);
        } catch (final java.net.SocketException e) {
            // Closed on it, which is as good as an answer.
        }
    }

    /** Byte after byte until the server closes. */
    private void trickle(final SplittableRandom random) throws IOException {
        final byte[] request = RawConnection.post(LiveServer.COMPLETIONS, new byte[4_096]);
        final int quick = random.nextInt(request.length - 200);
        final long endNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (RawConnection connection = server.connect()) {
            connection.send(java.util.Arrays.copyOf(request, quick));
            for (int i = quick; i < request.length; i++) {
                connection.send(new byte[] {request[i]});
                LockSupport.parkNanos(BETWEEN_BYTES.toNanos());
                assertTrue(System.nanoTime() < endNs, "the server went on reading");
            }
            throw new AssertionError("the server took it all");
        } catch (final java.net.SocketException e) {
            // Closed, as it should be.
        }
    }

    /** So many at the same time, half of them in the middle of a request; others are served meanwhile. */
    private void standIdle(final int count, final SplittableRandom random) throws IOException {
        final List<RawConnection> idle = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                final RawConnection connection = server.connect();
                idle.add(connection);
                if (i % 2 == 0) {
                    connection.send("POST /v1/completions HTTP/1.1\r\nHo");
                }
            }
            try (RawConnection other = server.connect()) {
                assertEquals(200, other.exchange(LiveServer.COMPLETIONS,
                    "{\"prompt\": \"In the\", \"max_tokens\": 4}").status());
            }
        } finally {
            for (final RawConnection connection : idle) {
                if (random.nextBoolean()) {
                    connection.abort();
                } else {
                    connection.close();
                }
            }
        }
    }

    private void leaveAStream(final SplittableRandom random) throws IOException {
        try (RawConnection connection = server.connect()) {
            connection.send(RawConnection.post(LiveServer.COMPLETIONS, ENDLESS.getBytes(StandardCharsets.UTF_8)));
            assertEquals(200, connection.head().status());
            for (int events = random.nextInt(4); events > 0; events--) {
                connection.event();
            }
            if (random.nextBoolean()) {
                connection.abort();
            }
        }
    }

    /** Asks for much, and waits until the server has had enough. */
    private void readNothing() throws IOException {
        try (RawConnection connection = server.connect()) {
            connection.send(RawConnection.post(LiveServer.COMPLETIONS, ENDLESS.replace("{", "{\"n\": 4, ")
                .getBytes(StandardCharsets.UTF_8)));
            connection.head();
            server.awaitNothingRunning();
        }
    }
}
