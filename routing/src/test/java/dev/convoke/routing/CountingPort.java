package dev.convoke.routing;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import org.agrona.DirectBuffer;

/** Counts the frames that reach the decoder, to hold its own counters against. */
final class CountingPort implements FramePort {
    long framesDelivered;
    private final FramePort port;

    CountingPort(final FramePort port) {
        this.port = port;
    }

    @Override
    public int peers() {
        return port.peers();
    }

    @Override
    public void assign(final int peer, final String address) {
        port.assign(peer, address);
    }

    @Override
    public boolean isConnected(final int peer) {
        return port.isConnected(peer);
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        return port.offer(peer, buffer, offset, length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        return port.offer(peer, length, content);
    }

    @Override
    public int poll(final FrameHandler handler, final int limit) {
        return port.poll((peer, buffer, offset, length) -> {
            framesDelivered++;
            handler.onFrame(peer, buffer, offset, length);
        }, limit);
    }

    @Override
    public int maxFrameBytes() {
        return port.maxFrameBytes();
    }

    @Override
    public int preferredFrameBytes() {
        return port.preferredFrameBytes();
    }

    @Override
    public void close() {
        port.close();
    }
}
