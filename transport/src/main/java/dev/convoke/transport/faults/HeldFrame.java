package dev.convoke.transport.faults;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A copy of a frame that waits for its time; reused. */
final class HeldFrame {
    final UnsafeBuffer buffer;
    int length;
    long releaseNs;
    /** Frames of the same time keep their order. */
    long sequence;

    HeldFrame(final int capacity) {
        buffer = new UnsafeBuffer(new byte[capacity]);
    }

    void hold(final DirectBuffer source, final int frameLength, final long untilNs, final long number) {
        length = frameLength;
        releaseNs = untilNs;
        sequence = number;
        buffer.putBytes(0, source, 0, frameLength);
    }

    boolean isBefore(final HeldFrame other) {
        return releaseNs == other.releaseNs ? sequence < other.sequence : releaseNs - other.releaseNs < 0;
    }
}
