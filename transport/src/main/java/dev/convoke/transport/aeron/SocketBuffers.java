package dev.convoke.transport.aeron;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.transport.AeronContext;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;

/**
 * What the operating system grants of the socket buffers that were asked for, and what follows from it: Aeron refuses
 * a receiver window beyond the receive buffer, and datagrams beyond either.
 */
record SocketBuffers(int sendBytes, int receiveBytes, int windowBytes) {
    private static final int FRAME_ALIGNMENT = 32;

    static SocketBuffers probe(final AeronContext context) {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, context.socketBufferBytes());
            channel.setOption(StandardSocketOptions.SO_RCVBUF, context.socketBufferBytes());
            final int send = Math.min(context.socketBufferBytes(), channel.getOption(StandardSocketOptions.SO_SNDBUF));
            final int receive =
                Math.min(context.socketBufferBytes(), channel.getOption(StandardSocketOptions.SO_RCVBUF));
            return clamped(context, send, receive);
        } catch (final IOException e) {
            throw new ConvokeException("A UDP socket cannot be opened: " + e.getMessage() + ".", e);
        }
    }

    static SocketBuffers clamped(final AeronContext context, final int sendBytes, final int receiveBytes) {
        final int window = Math.min(context.receiverWindowBytes(), Math.min(receiveBytes, context.termBytes() / 2));
        return new SocketBuffers(sendBytes, receiveBytes, window);
    }

    /** The datagram length for an address. */
    int mtuBytes(final AeronContext context, final boolean isLoopback) {
        final int granted = Math.min(Math.min(sendBytes, windowBytes), context.termBytes() / 8)
            / FRAME_ALIGNMENT * FRAME_ALIGNMENT;
        if (context.mtuBytes() == 0) {
            return Math.min(granted, isLoopback ? AeronContext.LOOPBACK_MTU_BYTES : AeronContext.NETWORK_MTU_BYTES);
        }
        if (context.mtuBytes() > granted) {
            throw new ConfigurationException("aeron.mtu-bytes is " + context.mtuBytes() + " but socket buffers, "
                + "receiver window and terms here allow " + granted + "; lower it, or raise net.core.rmem_max and "
                + "net.core.wmem_max.");
        }
        return context.mtuBytes();
    }
}
