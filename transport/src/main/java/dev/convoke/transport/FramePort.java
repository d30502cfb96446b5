package dev.convoke.transport;

import org.agrona.DirectBuffer;

/**
 * One end of an exchange. Owned by one thread, which polls it regularly; no call blocks, allocates or throws of its own
 * accord.
 */
public interface FramePort extends AutoCloseable {
    /** {@link #offer}: no room now; poll and try again. */
    long BACK_PRESSURED = -1;
    /** {@link #offer}: the peer is not there (yet, or no longer). */
    long NOT_CONNECTED = -2;
    /** {@link #offer}: longer than {@link #maxFrameBytes()}. */
    long TOO_LARGE = -3;
    /** {@link #offer}: the port is closed. */
    long CLOSED = -4;

    /** Peers seen so far: a decoder's hosts, or every decoder that ever appeared at a host. */
    int peers();

    /**
     * On a decoder's port: a peer number stands for the host at another address from now on, or for none. What was
     * under way to and from the host before may be lost. A host's port throws, since its peers come by themselves. Off
     * the step path, on the port's thread.
     *
     * @param address as {@link ExpertExchange#connect} takes it; {@link ExpertExchange#NOBODY} for none
     */
    default void assign(final int peer, final String address) {
        throw new UnsupportedOperationException("the peers of this port come by themselves");
    }

    /** Whether frames to that peer have somewhere to go. */
    boolean isConnected(int peer);

    /** Copies the frame out to a peer; positive when accepted, else one of the codes above. */
    long offer(int peer, DirectBuffer buffer, int offset, int length);

    /**
     * Sends a frame of so many bytes that is written where it is to lie, without a copy if it is of at most
     * {@link #preferredFrameBytes()}. Returns as {@link #offer(int, DirectBuffer, int, int)} does. A frame for which
     * there is no room may have been written in vain, one that is refused otherwise has not. Should the content throw,
     * that is thrown on, and no frame is sent.
     */
    long offer(int peer, int length, FrameContent content);

    /** Hands over frames that have arrived, at most so many; returns the work done, which includes housekeeping. */
    int poll(FrameHandler handler, int limit);

    /** The longest frame that {@link #offer} accepts. */
    int maxFrameBytes();

    /**
     * How long frames had best be where there is a choice: those up to here travel in one piece and are read where they
     * arrive, longer ones are copied on the way. At most {@link #maxFrameBytes()}.
     */
    int preferredFrameBytes();

    @Override
    void close();
}
