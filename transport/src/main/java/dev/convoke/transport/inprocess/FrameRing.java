package dev.convoke.transport.inprocess;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** One direction of one pair of ports: one thread writes, one thread reads. Off-heap, freed with its last reader. */
final class FrameRing {
    private static final int FRAME_TYPE = 1;
    /** A message may fill an eighth of a ring buffer. */
    private static final int RING_FRAMES = 8;

    private final OneToOneRingBuffer ring;
    private final MessageHandler onMessage = this::onMessage;
    /** The frame that is being written; no more than it may be. */
    private final UnsafeBuffer claimed = new UnsafeBuffer(new byte[0]);
    private FrameHandler handler;
    private int peer;

    FrameRing(final int maxFrameBytes) {
        final int capacity = BitUtil.findNextPositivePowerOfTwo(RING_FRAMES * maxFrameBytes);
        final int totalBytes = capacity + RingBufferDescriptor.TRAILER_LENGTH;
        ring = new OneToOneRingBuffer(
            new UnsafeBuffer(BufferUtil.allocateDirectAligned(totalBytes, BitUtil.CACHE_LINE_LENGTH)));
    }

    long offer(final DirectBuffer buffer, final int offset, final int length) {
        return ring.write(FRAME_TYPE, buffer, offset, length) ? 1 : FramePort.BACK_PRESSURED;
    }

    /** Has the frame written in the ring; the reader passes over what was not written to its end. */
    long offer(final int length, final FrameContent content) {
        final int index = ring.tryClaim(FRAME_TYPE, length);
        if (index < 0) {
            return FramePort.BACK_PRESSURED;
        }
        boolean isWritten = false;
        try {
            claimed.wrap(ring.buffer(), index, length);
            content.writeTo(claimed, 0);
            isWritten = true;
        } finally {
            if (isWritten) {
                ring.commit(index);
            } else {
                ring.abort(index);
            }
        }
        return 1;
    }

    int poll(final int fromPeer, final FrameHandler frameHandler, final int limit) {
        peer = fromPeer;
        handler = frameHandler;
        final int frames = ring.read(onMessage, limit);
        // A read ends where the ring wraps, possibly before its first frame; what lies behind has arrived, too.
        return frames < limit && !isEmpty() ? frames + ring.read(onMessage, limit - frames) : frames;
    }

    /** By the reader. */
    boolean isEmpty() {
        return ring.size() == 0;
    }

    private void onMessage(final int type, final MutableDirectBuffer buffer, final int offset, final int length) {
        handler.onFrame(peer, buffer, offset, length);
    }
}
