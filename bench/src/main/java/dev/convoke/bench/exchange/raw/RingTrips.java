package dev.convoke.bench.exchange.raw;

import dev.convoke.bench.exchange.LegBytes;
import dev.convoke.bench.exchange.RoundTrips;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** Within a thread: the bytes through a ring buffer to each host, and others back through another. */
public final class RingTrips implements RoundTrips {
    private static final int MESSAGE_TYPE = 1;
    private static final int RING_MESSAGES = 8;

    private final List<OneToOneRingBuffer> out = new ArrayList<>();
    private final List<OneToOneRingBuffer> back = new ArrayList<>();
    private final int[] outBytes;
    private final int[] backBytes;
    private final UnsafeBuffer message;
    private long received;

    /** Rings as large as the product's for such bytes. */
    public RingTrips(final LegBytes bytes) {
        outBytes = bytes.out().stream().mapToInt(Math::toIntExact).toArray();
        backBytes = bytes.back().stream().mapToInt(Math::toIntExact).toArray();
        int longest = 0;
        for (int host = 0; host < outBytes.length; host++) {
            final int most = Math.max(outBytes[host], backBytes[host]);
            out.add(ring(most));
            back.add(ring(most));
            longest = Math.max(longest, most);
        }
        message = new UnsafeBuffer(BufferUtil.allocateDirectAligned(longest, BitUtil.CACHE_LINE_LENGTH));
    }

    private static OneToOneRingBuffer ring(final int messageBytes) {
        final int capacity =
            BitUtil.findNextPositivePowerOfTwo(RING_MESSAGES * (messageBytes + BitUtil.CACHE_LINE_LENGTH));
        return new OneToOneRingBuffer(new UnsafeBuffer(BufferUtil.allocateDirectAligned(
            capacity + RingBufferDescriptor.TRAILER_LENGTH, BitUtil.CACHE_LINE_LENGTH)));
    }

    @Override
    public void once() {
        for (int host = 0; host < outBytes.length; host++) {
            out.get(host).write(MESSAGE_TYPE, message, 0, outBytes[host]);
        }
        for (int host = 0; host < outBytes.length; host++) {
            pollOnce(out.get(host));
            back.get(host).write(MESSAGE_TYPE, message, 0, backBytes[host]);
        }
        for (int host = 0; host < outBytes.length; host++) {
            pollOnce(back.get(host));
        }
    }

    /** A read ends where the ring wraps, possibly before its message. */
    private void pollOnce(final OneToOneRingBuffer ring) {
        while (ring.read(this::onMessage, 1) == 0) {
            Thread.onSpinWait();
        }
    }

    private void onMessage(final int type, final MutableDirectBuffer buffer, final int offset, final int length) {
        received += length;
    }

    /** All bytes that arrived, both ways. */
    public long received() {
        return received;
    }

    @Override
    public void close() {
        // Memory goes with its last reader.
    }
}
