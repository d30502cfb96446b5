package dev.convoke.bench.exchange.raw;

import dev.convoke.bench.exchange.LegBytes;
import dev.convoke.bench.exchange.RoundTrips;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.core.Alarm;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.deployment.AgentThread;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Subscription;
import io.aeron.logbuffer.Header;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/** Sends each host its bytes, in as few messages as Aeron allows, and waits for all answers. */
public final class AeronPings implements RoundTrips {
    static final int FRAGMENTS_PER_POLL = 10;
    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(20);
    private static final long ANSWER_WITHIN_NS = TimeUnit.SECONDS.toNanos(10);

    private final Aeron aeron;
    private final ExclusivePublication[] pings;
    private final Subscription[] pongs;
    private final int[] messages;
    private final int[] outBytes;
    private final int[] backBytes;
    private final UnsafeBuffer message;
    private final FragmentAssembler[] assemblers;
    private final IdleStrategy idle = AgentThread.newIdleStrategy(AgentThread.NETWORK_PARK_NS, Alarm.NONE);
    private long outstanding;

    /** Connects to the pongs, which must be there or come. */
    public AeronPings(final Wire wire, final LegBytes bytes) {
        final Channels channels = new Channels(wire);
        final int hosts = wire.addresses().size();
        aeron = channels.connect(0);
        pings = new ExclusivePublication[hosts];
        pongs = new Subscription[hosts];
        messages = new int[hosts];
        outBytes = new int[hosts];
        backBytes = new int[hosts];
        assemblers = new FragmentAssembler[hosts];
        int longest = Integer.BYTES;
        for (int host = 0; host < hosts; host++) {
            pongs[host] = channels.pongSubscription(aeron, host);
            pings[host] = channels.pingPublication(aeron, host);
            final long out = bytes.out().get(host);
            final long back = bytes.back().get(host);
            messages[host] = (int)Math.max(1, Math.ceilDiv(Math.max(out, back), pings[host].maxMessageLength()));
            outBytes[host] = (int)Math.max(Integer.BYTES, Math.ceilDiv(out, messages[host]));
            backBytes[host] = (int)Math.max(1, Math.ceilDiv(back, messages[host]));
            assemblers[host] = new FragmentAssembler(this::onPong);
            longest = Math.max(longest, outBytes[host]);
        }
        message = new UnsafeBuffer(new byte[longest]);
    }

    /** Waits until all are connected both ways. */
    public void awaitReady() {
        final long deadlineNs = System.nanoTime() + READY_WITHIN_NS;
        for (int host = 0; host < pings.length; host++) {
            while (!pings[host].isConnected() || !pongs[host].isConnected()) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new ConvokeException("The plain ping-pong found no media driver or nobody to answer.");
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    private void onPong(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        outstanding--;
    }

    @Override
    public void once() {
        idle.reset();
        final long deadlineNs = System.nanoTime() + ANSWER_WITHIN_NS;
        for (int host = 0; host < pings.length; host++) {
            message.putInt(0, backBytes[host]);
            for (int i = 0; i < messages[host]; i++) {
                outstanding++;
                while (pings[host].offer(message, 0, outBytes[host]) < 0) {
                    idle.idle(poll());
                    check(deadlineNs);
                }
            }
        }
        while (outstanding > 0) {
            idle.idle(poll());
            check(deadlineNs);
        }
    }

    private int poll() {
        int fragments = 0;
        for (int host = 0; host < pongs.length; host++) {
            fragments += pongs[host].poll(assemblers[host], FRAGMENTS_PER_POLL);
        }
        return fragments;
    }

    private void check(final long deadlineNs) {
        if (System.nanoTime() - deadlineNs > 0) {
            throw new ConvokeException("The plain ping-pong got no answer for 10 s.");
        }
    }

    @Override
    public void close() {
        aeron.close();
    }
}
