package dev.convoke.server.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Clients that ask at the same time, over and over. Half of the requests are left before their end: in the middle of
 * the request, right after it, after the head of the answer, or at some token. What arrives is compared with what the
 * same request gave alone.
 */
final class MixedLoad {
    private static final int CLIENTS = 32;

    private final LiveServer server;
    private final RequestMix mix;
    private final AtomicInteger complete = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** How a client takes its leave. */
    private enum Departure { NONE, IN_REQUEST, AFTER_REQUEST, AFTER_HEAD, AT_TOKEN }

    MixedLoad(final LiveServer server, final RequestMix mix) {
        this.server = server;
        this.mix = mix;
    }

    /** Returns when all clients are done; fails if one of them was answered wrongly. */
    void run(final SplittableRandom random, final Duration length) throws InterruptedException {
        final long endNs = System.nanoTime() + length.toNanos();
        final List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            final SplittableRandom own = random.split();
            clients.add(Thread.ofVirtual().start(() -> {
                try {
                    while (System.nanoTime() < endNs && failure.get() == null) {
                        ask(own);
                    }
                } catch (final IOException | RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        for (final Thread client : clients) {
            client.join();
        }
        if (failure.get() != null) {
            throw new AssertionError("after " + this + ", the server having said:\n" + server.said(), failure.get());
        }
        assertTrue(complete.get() > 0 && left.get() > 0, toString());
    }

    /** One to three requests over one connection, the last of which may be left. */
    private void ask(final SplittableRandom random) throws IOException {
        try (RawConnection connection = server.connect()) {
            for (int more = random.nextInt(3); more >= 0; more--) {
                final RequestMix.Known known = mix.any(random);
                final Departure departure = more > 0 || random.nextInt(3) == 0 ? Departure.NONE
                    : Departure.values()[random.nextInt(1, Departure.values().length)];
                final boolean stream = departure == Departure.AFTER_HEAD || departure == Departure.AT_TOKEN
                    || random.nextBoolean();
                if (departure == Departure.NONE) {
                    complete(connection, known, stream);
                    complete.incrementAndGet();
                } else {
                    leave(connection, known, departure, random);
                    left.incrementAndGet();
                }
            }
        }
    }

    private static void complete(final RawConnection connection, final RequestMix.Known known, final boolean stream)
        throws IOException {
        connection.send(RawConnection.post(known.path(), known.bytes(stream)));
        if (!stream) {
            final RawConnection.Reply reply = connection.reply();
            assertEquals(200, reply.status(), () -> known + " gave " + reply);
            assertEquals(known.choices(), reply.json().get("choices"), () -> known.toString());
            return;
        }
        requireStream(connection, known);
        final Map<Integer, String> texts = new TreeMap<>();
        String event = connection.event();
        while (!"[DONE]".equals(event)) {
            add(event, texts, known);
            event = connection.event();
        }
        assertEquals(null, connection.event());
        assertEquals(known.texts(), texts, known::toString);
    }

    private static void leave(final RawConnection connection, final RequestMix.Known known, final Departure departure,
        final SplittableRandom random) throws IOException {
        final byte[] request = RawConnection.post(known.path(), known.bytes(departure != Departure.AFTER_REQUEST));
        connection.send(departure == Departure.IN_REQUEST
            ? java.util.Arrays.copyOf(request, random.nextInt(1, request.length)) : request);
        if (departure == Departure.AFTER_HEAD || departure == Departure.AT_TOKEN) {
            requireStream(connection, known);
        }
        if (departure == Departure.AT_TOKEN) {
            final Map<Integer, String> texts = new TreeMap<>();
            String event = connection.event();
            for (int events = random.nextInt(1, 20); events > 0 && !"[DONE]".equals(event); events--) {
                add(event, texts, known);
                event = connection.event();
            }
            texts.forEach((index, text) -> assertTrue(known.texts().get(index).startsWith(text),
                () -> known + " began with " + text));
        }
        if (random.nextBoolean()) {
            connection.abort();
        }
    }

    private static void requireStream(final RawConnection connection, final RequestMix.Known known)
        throws IOException {
        final RawConnection.Head head = connection.head();
        assertEquals(200, head.status(), () -> known + " gave " + head.text());
        assertTrue(head.text().contains("text/event-stream"), head::text);
    }

    private static void add(final String event, final Map<Integer, String> texts, final RequestMix.Known known)
        throws IOException {
        final JsonNode choices = RawConnection.JSON.readTree(event).get("choices");
        if (choices == null) {
            throw new AssertionError(known + " gave " + event);
        }
        choices.forEach(choice -> texts.merge(choice.get("index").intValue(), RequestMix.textOf(choice),
            String::concat));
    }

    @Override
    public String toString() {
        return complete + " complete answers and " + left + " left early";
    }
}
