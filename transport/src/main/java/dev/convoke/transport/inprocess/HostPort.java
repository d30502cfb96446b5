package dev.convoke.transport.inprocess;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.DirectBuffer;

/** An expert host's end: decoders join from their threads and get their numbers when this port is polled next. */
final class HostPort implements FramePort {
    private final InProcessExchange exchange;
    private final String address;
    private final Queue<Link> joining = new ConcurrentLinkedQueue<>();
    /** By peer number; null once that decoder has gone and everything it sent was taken. */
    private final List<Link> links = new ArrayList<>();
    private int next;
    private volatile boolean closed;

    HostPort(final InProcessExchange exchange, final String address) {
        this.exchange = exchange;
        this.address = address;
    }

    /** By a decoder's thread. */
    void join(final Link link) {
        joining.add(link);
    }

    /** By any thread. */
    boolean isClosed() {
        return closed;
    }

    @Override
    public int peers() {
        return links.size();
    }

    @Override
    public boolean isConnected(final int peer) {
        final Link link = peer >= 0 && peer < links.size() ? links.get(peer) : null;
        return link != null && !link.isDecoderGone();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links.get(peer).toDecoder.offer(buffer, offset, length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links.get(peer).toDecoder.offer(length, content);
    }

    /** Why a frame cannot go, or 0. */
    private long refusal(final int peer, final int length) {
        if (closed) {
            return CLOSED;
        }
        if (length > maxFrameBytes()) {
            return TOO_LARGE;
        }
        return isConnected(peer) ? 0 : NOT_CONNECTED;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit) {
        if (closed) {
            return 0;
        }
        int work = 0;
        for (Link link = joining.poll(); link != null; link = joining.poll()) {
            links.add(link);
            work++;
        }
        return work + pollLinks(handler, limit);
    }

    private int pollLinks(final FrameHandler handler, final int limit) {
        final int count = links.size();
        int frames = 0;
        next = next + 1 < count ? next + 1 : 0;
        for (int i = 0; i < count && frames < limit; i++) {
            final int peer = next + i < count ? next + i : next + i - count;
            final Link link = links.get(peer);
            if (link != null) {
                final boolean ended = link.isDecoderGone();
                frames += link.toHost.poll(peer, handler, limit - frames);
                if (ended && link.toHost.isEmpty()) {
                    links.set(peer, null);
                }
            }
        }
        return frames;
    }

    @Override
    public int maxFrameBytes() {
        return exchange.maxFrameBytes();
    }

    /** Every frame lies in the ring in one piece. */
    @Override
    public int preferredFrameBytes() {
        return maxFrameBytes();
    }

    @Override
    public void close() {
        closed = true;
        exchange.unbind(address, this);
        links.clear();
        joining.clear();
    }
}
