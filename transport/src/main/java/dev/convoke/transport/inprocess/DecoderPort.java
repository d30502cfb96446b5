package dev.convoke.transport.inprocess;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.List;
import org.agrona.DirectBuffer;

/** A decoder's end: one link for each address, made anew when another host binds there. */
final class DecoderPort implements FramePort {
    private final InProcessExchange exchange;
    private final String[] addresses;
    private final Link[] links;
    private int next;
    private boolean closed;

    DecoderPort(final InProcessExchange exchange, final List<String> addresses) {
        this.exchange = exchange;
        this.addresses = addresses.toArray(new String[0]);
        this.links = new Link[this.addresses.length];
    }

    @Override
    public int peers() {
        return links.length;
    }

    @Override
    public void assign(final int peer, final String address) {
        if (links[peer] != null) {
            links[peer].leave();
            links[peer] = null;
        }
        addresses[peer] = address;
    }

    @Override
    public boolean isConnected(final int peer) {
        final Link link = linkTo(peer);
        return link != null && !link.isHostGone();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links[peer].toHost.offer(buffer, offset, length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links[peer].toHost.offer(length, content);
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
        int frames = 0;
        next = next + 1 < links.length ? next + 1 : 0;
        for (int i = 0; i < links.length; i++) {
            final int peer = next + i < links.length ? next + i : next + i - links.length;
            work += keepLinked(peer);
            final Link link = links[peer];
            if (link != null && frames < limit) {
                final boolean ended = link.isHostGone();
                frames += link.toDecoder.poll(peer, handler, limit - frames);
                if (ended && link.toDecoder.isEmpty()) {
                    links[peer] = null;
                }
            }
        }
        return work + frames;
    }

    private int keepLinked(final int peer) {
        if (links[peer] != null) {
            return 0;
        }
        final HostPort host = exchange.hostAt(addresses[peer]);
        if (host == null) {
            return 0;
        }
        final Link link = new Link(host, maxFrameBytes());
        links[peer] = link;
        host.join(link);
        return 1;
    }

    private Link linkTo(final int peer) {
        return peer >= 0 && peer < links.length ? links[peer] : null;
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
        for (int i = 0; i < links.length; i++) {
            if (links[i] != null) {
                links[i].leave();
                links[i] = null;
            }
        }
    }
}
