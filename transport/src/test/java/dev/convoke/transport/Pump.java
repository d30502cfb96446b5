package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;

/** Polls several ports in turn on the test's thread until something is the case. */
final class Pump implements AutoCloseable {
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(20);

    private record Polled(FramePort port, FrameHandler handler) {
    }

    private final List<Polled> ports = new ArrayList<>();
    private final List<FramePort> paused = new ArrayList<>();

    Received receive(final FramePort port) {
        final Received received = new Received();
        add(port, received);
        return received;
    }

    void add(final FramePort port, final FrameHandler handler) {
        ports.add(new Polled(port, handler));
    }

    void pause(final FramePort port) {
        paused.add(port);
    }

    void resume(final FramePort port) {
        paused.remove(port);
    }

    void closeAndForget(final FramePort port) {
        ports.removeIf(polled -> polled.port() == port);
        port.close();
    }

    int once() {
        int work = 0;
        for (final Polled polled : ports) {
            if (!paused.contains(polled.port())) {
                work += polled.port().poll(polled.handler(), 10);
            }
        }
        return work;
    }

    void until(final String what, final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            if (once() == 0) {
                Thread.onSpinWait();
            }
            assertTrue(System.nanoTime() - deadlineNs < 0, () -> "gave up waiting: " + what);
        }
    }

    /** As {@link #send}, written where the port wants it. */
    void write(final FramePort port, final int peer, final byte[] bytes) {
        until("accepting a frame of " + bytes.length, () -> {
            final long result = port.offer(peer, bytes.length, (buffer, offset) -> buffer.putBytes(offset, bytes));
            assertTrue(result > 0 || result == FramePort.BACK_PRESSURED, () -> "offered: " + result);
            return result > 0;
        });
    }

    void send(final FramePort port, final int peer, final DirectBuffer frame, final int length) {
        until("accepting a frame of " + length, () -> {
            final long result = port.offer(peer, frame, 0, length);
            assertTrue(result > 0 || result == FramePort.BACK_PRESSURED, () -> "offered: " + result);
            return result > 0;
        });
    }

    @Override
    public void close() {
        ports.forEach(polled -> polled.port().close());
    }
}
