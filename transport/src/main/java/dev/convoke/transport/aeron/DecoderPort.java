package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/** A decoder's end: one link for each host, all through one client. */
final class DecoderPort implements FramePort {
    private final ClientSession session;
    private final HostLink[] links;
    private final NanoClock clock;
    private final int maxFrameBytes;
    private int generation;
    private int next;
    private boolean closed;

    DecoderPort(
        final List<HostChannels> hosts,
        final ClientSession session,
        final ExchangeContext context,
        final PortCounters counters) {
        this.session = session;
        this.clock = context.clock();
        this.maxFrameBytes = context.maxFrameBytes();
        this.links = hosts.stream()
            .map(channels -> new HostLink(channels, session, context, counters))
            .toArray(HostLink[]::new);
    }

    @Override
    public int peers() {
        return links.length;
    }

    @Override
    public boolean isConnected(final int peer) {
        return !closed && peer >= 0 && peer < links.length && links[peer].isConnected();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        if (closed) {
            return CLOSED;
        }
        if (length > maxFrameBytes) {
            return TOO_LARGE;
        }
        return peer >= 0 && peer < links.length ? links[peer].offer(buffer, offset, length) : NOT_CONNECTED;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit) {
        if (closed) {
            return 0;
        }
        final long nowNs = clock.nanoTime();
        int work = session.work(nowNs);
        if (generation != session.generation()) {
            generation = session.generation();
            for (final HostLink link : links) {
                link.forget(nowNs);
            }
        }
        if (session.aeron() == null) {
            return work;
        }
        int frames = 0;
        next = next + 1 < links.length ? next + 1 : 0;
        for (int i = 0; i < links.length; i++) {
            final int peer = next + i < links.length ? next + i : next + i - links.length;
            if (frames < limit) {
                frames += links[peer].poll(peer, handler, limit - frames);
            }
            work += links[peer].work(nowNs);
        }
        return work + frames;
    }

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (final HostLink link : links) {
                link.close();
            }
            session.close();
        }
    }
}
