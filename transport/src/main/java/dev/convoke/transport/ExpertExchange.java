package dev.convoke.transport;

import java.util.List;

/**
 * Moves dispatch frames from decoders to expert hosts and combine frames back. It promises little: a frame arrives
 * whole or not at all; frames may be lost, repeated, late or out of order, and whoever sends them must bear that.
 */
public interface ExpertExchange extends AutoCloseable {
    /** In the place of an address: the peer is yet to be {@linkplain FramePort#assign assigned} one. */
    String NOBODY = "";

    /**
     * The decoder's port. Peer i is the i-th address. Returns at once; peers become connected while the port is
     * polled, and again after they went away.
     *
     * @param hostAddresses as {@link #bind} was given in the other process, or {@link #NOBODY}
     */
    FramePort connect(List<String> hostAddresses);

    /** The expert host's port. Peers are numbered as they appear and a number is not used again. */
    FramePort bind(String address);

    /** Closes what the ports share; ports must be closed before. */
    @Override
    void close();
}
