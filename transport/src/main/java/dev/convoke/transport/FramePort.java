package dev.convoke.transport;

import org.agrona.DirectBuffer;

/** One end of an exchange. Owned by one thread, which polls it regularly; no call blocks, allocates or throws. */
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

    /** Whether frames to that peer have somewhere to go. */
    boolean isConnected(int peer);

    /** Copies the frame out to a peer; positive when accepted, else one of the codes above. */
    long offer(int peer, DirectBuffer buffer, int offset, int length);

    /** Hands over frames that have arrived, at most so many; returns the work done, which includes housekeeping. */
    int poll(FrameHandler handler, int limit);

    /** The longest frame that {@link #offer} accepts. */
    int maxFrameBytes();

    @Override
    void close();
}
