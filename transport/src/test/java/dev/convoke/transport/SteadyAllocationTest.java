package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.convoke.transport.aeron.AeronIpcExchangeProvider;
import dev.convoke.transport.faults.Distribution;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.faults.Network;
import dev.convoke.transport.inprocess.InProcessExchangeProvider;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Once connected, offering and polling allocate nothing. */
class SteadyAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int ROUNDS = 20_000;
    /** Less than a tenth of a byte a round; the client's keep-alive and the measurement itself may cost something. */
    private static final long BUDGET_BYTES = 2_000;

    private final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[256 * 1024]);
    private FramePort host;
    private FramePort decoder;
    private int answered;
    private final FrameHandler echo = (peer, buffer, offset, length) -> {
        while (host.offer(peer, buffer, offset, length) == FramePort.BACK_PRESSURED) {
            Thread.yield();
        }
    };
    private final FrameContent content = (buffer, offset) -> buffer.putInt(offset, answered);
    private final FrameHandler count = (peer, buffer, offset, length) -> answered++;

    @Test
    void shouldAllocateNothingInProcess() {
        measure(new InProcessExchangeProvider(), "");
    }

    @Test
    void shouldAllocateNothingOverSharedMemory(@TempDir final Path directory) {
        measure(new AeronIpcExchangeProvider(), directory.resolve("driver").toString());
    }

    @Test
    void shouldAllocateNothingOverANetworkWithFaults() {
        measure(new ExpertExchangeProvider() {
            @Override
            public String name() {
                return "networked";
            }

            @Override
            public ExpertExchange open(final ExchangeContext context) {
                final Faults faults = Faults.NONE.withDelay(0.1, 2000).withRefusal(0.01, 100)
                    .withNetwork(Network.NONE.withDelay(1000).withJitter(500, Distribution.NORMAL)
                        .withSpikes(0.01, 10_000).withBandwidth(1_000_000_000_000L));
                return new FaultInjectingExchange(new InProcessExchangeProvider().open(context),
                    FaultPlan.always(faults), 1, SystemNanoClock.INSTANCE, context.counters());
            }
        }, "");
    }

    private void measure(final ExpertExchangeProvider provider, final String directory) {
        final ExchangeContext context = new ExchangeContext();
        context.aeron().directory(directory);
        context.conclude();
        try (ExpertExchange exchange = provider.open(context);
            FramePort decoderPort = exchange.connect(List.of("a"));
            FramePort hostPort = exchange.bind("a")) {
            decoder = decoderPort;
            host = hostPort;
            while (!decoder.isConnected(0) || host.peers() == 0) {
                decoder.poll(count, 10);
                host.poll(echo, 10);
            }
            rounds(WARM_UP);
            final long before = threads.getCurrentThreadAllocatedBytes();
            rounds(ROUNDS);
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertEquals(WARM_UP + ROUNDS, answered);
            assertTrue(allocated < BUDGET_BYTES, allocated + " bytes in " + ROUNDS + " rounds");
        }
    }

    private void rounds(final int number) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        final int target = answered + number;
        int round = 0;
        while (answered < target) {
            final int expected = answered + 1;
            // Mostly frames handed over in place, now and then one that is put together from fragments.
            final int length = round++ % 100 == 0 ? frame.capacity() : 4096;
            final boolean isWritten = round % 2 == 0;
            while ((isWritten ? decoder.offer(0, length, content) : decoder.offer(0, frame, 0, length)) < 0) {
                host.poll(echo, 10);
                decoder.poll(count, 10);
            }
            while (answered < expected) {
                host.poll(echo, 10);
                decoder.poll(count, 10);
                assertTrue(System.nanoTime() - deadlineNs < 0, "no answer in time");
            }
        }
    }
}
