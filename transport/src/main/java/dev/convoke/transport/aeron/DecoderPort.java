package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/** A decoder's end: one link for each host, all through one client; null where there is no host. */
final class DecoderPort implements FramePort {
    private final ClientSession session;
    private final Function<String, HostLink> opener;
    private final HostLink[] links;
    private final NanoClock clock;
    private final int maxFrameBytes;
    private final int preferredFrameBytes;
    private int generation;
    private int next;
    private boolean closed;

    /**
     * Connects while it is polled.
     *
     * @param addresses  of the hosts, or {@link ExpertExchange#NOBODY}
     * @param channelsOf an address
     */
    DecoderPort(
        final List<String> addresses,
        final Function<String, HostChannels> channelsOf,
        final ClientSession session,
        final ExchangeContext context,
        final PortCounters counters) {
        this.session = session;
        this.clock = context.clock();
        this.maxFrameBytes = context.maxFrameBytes();
        this.preferredFrameBytes = Fragments.preferredBytes(addresses.stream()
            .filter(address -> !address.equals(ExpertExchange.NOBODY)).map(channelsOf).toList(), maxFrameBytes);
        final Outbox outbox = new Outbox(maxFrameBytes);
        this.opener = address -> address.equals(ExpertExchange.NOBODY) ? null
            : new HostLink(channelsOf.apply(address), session, context, counters, outbox);
        this.links = addresses.stream().map(opener).toArray(HostLink[]::new);
    }

    @Override
    public void assign(final int peer, final String address) {
        final HostLink next = opener.apply(address);
        if (links[peer] != null) {
            links[peer].leave();
        }
        links[peer] = next;
    }

    @Override
    public int peers() {
        return links.length;
    }

    @Override
    public boolean isConnected(final int peer) {
        return !closed && peer >= 0 && peer < links.length && links[peer] != null && links[peer].isConnected();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links[peer].offer(buffer, offset, length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links[peer].offer(length, content);
    }

    /** Why a frame cannot go to whatever link, or 0. */
    private long refusal(final int peer, final int length) {
        if (closed) {
            return CLOSED;
        }
        if (length > maxFrameBytes) {
            return TOO_LARGE;
        }
        return peer >= 0 && peer < links.length && links[peer] != null ? 0 : NOT_CONNECTED;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit) {
        if (closed) {
            return 0;
        }
        final int frames = pollLinks(handler, limit);
        if (!session.isFree(frames)) {
            return frames;
        }
        final long nowNs = clock.nanoTime();
        return session.isDue(nowNs) ? frames + keepUp(nowNs) : frames;
    }

    private int pollLinks(final FrameHandler handler, final int limit) {
        int frames = 0;
        next = next + 1 < links.length ? next + 1 : 0;
        for (int i = 0; i < links.length && frames < limit; i++) {
            final int peer = next + i < links.length ? next + i : next + i - links.length;
            frames += links[peer] == null ? 0 : links[peer].poll(peer, handler, limit - frames);
        }
        return frames;
    }

    private int keepUp(final long nowNs) {
        int work = session.work(nowNs);
        if (generation != session.generation()) {
            generation = session.generation();
            for (final HostLink link : links) {
                if (link != null) {
                    link.forget(nowNs);
                }
            }
        }
        for (int i = 0; i < links.length && session.aeron() != null; i++) {
            work += links[i] == null ? 0 : links[i].work(nowNs);
        }
        return work;
    }

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public int preferredFrameBytes() {
        return preferredFrameBytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Arrays.stream(links).filter(Objects::nonNull).forEach(HostLink::close);
            session.close();
        }
    }
}
