package dev.convoke.bench.exchange.raw;

import dev.convoke.bench.exchange.Resources;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.core.Alarm;
import dev.convoke.server.deployment.AgentThread;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Subscription;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Answers every message with as many bytes as its first four ask for: the message itself, or where more is asked for
 * than came, a message prepared ahead. One thread for each host, which waits as the product's hosts do.
 */
public final class AeronPongs implements AutoCloseable {
    private final Resources resources = new Resources();

    /** Starts one for each host. */
    public AeronPongs(final Wire wire) {
        final Channels channels = new Channels(wire);
        for (int host = 0; host < wire.addresses().size(); host++) {
            final Aeron aeron = resources.add(channels.connect(host + 1));
            resources.add(new AgentThread(new Pong(channels.pingSubscription(aeron, host),
                channels.pongPublication(aeron, host)), AgentThread.NETWORK_PARK_NS, Alarm.NONE)).start();
        }
    }

    @Override
    public void close() {
        resources.close();
    }

    private static final class Pong implements Agent {
        private final Subscription pings;
        private final ExclusivePublication pongs;
        private final UnsafeBuffer prepared;
        private final FragmentAssembler assembler = new FragmentAssembler(this::onPing);
        private final IdleStrategy idle = AgentThread.newIdleStrategy(AgentThread.NETWORK_PARK_NS, Alarm.NONE);

        Pong(final Subscription pings, final ExclusivePublication pongs) {
            this.pings = pings;
            this.pongs = pongs;
            this.prepared = new UnsafeBuffer(new byte[pongs.maxMessageLength()]);
        }

        @Override
        public int doWork() {
            return pings.poll(assembler, AeronPings.FRAGMENTS_PER_POLL);
        }

        private void onPing(final DirectBuffer buffer, final int offset, final int length, final Header header) {
            final int wanted = buffer.getInt(offset);
            final boolean isEcho = wanted <= length;
            idle.reset();
            while (pongs.offer(isEcho ? buffer : prepared, isEcho ? offset : 0, wanted) < 0 && !pongs.isClosed()) {
                idle.idle();
            }
        }

        @Override
        public String roleName() {
            return "pong";
        }
    }
}
