package dev.convoke.transport.faults;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A frame on its way that waits for its time; reused. */
final class HeldFrame {
    final UnsafeBuffer buffer;
    Direction direction;
    int peer;
    int length;
    long releaseNs;

    HeldFrame(final int maxFrameBytes) {
        buffer = new UnsafeBuffer(new byte[maxFrameBytes]);
    }

    void hold(
        final Direction towards,
        final int ofPeer,
        final DirectBuffer source,
        final int frameLength,
        final long untilNs) {
        direction = towards;
        peer = ofPeer;
        length = frameLength;
        releaseNs = untilNs;
        buffer.putBytes(0, source, 0, frameLength);
    }
}
