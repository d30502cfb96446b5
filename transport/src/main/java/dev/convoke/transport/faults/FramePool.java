package dev.convoke.transport.faults;

import java.util.ArrayList;
import java.util.List;

/** Frames that wait to hold something, by size: allocates only while the number of frames held still grows. */
final class FramePool {
    private static final int SMALLEST_BYTES = 128;
    private static final int SMALLEST_BITS = Integer.numberOfTrailingZeros(SMALLEST_BYTES);

    private final List<List<HeldFrame>> free = new ArrayList<>();

    /** One with room for so many bytes. */
    HeldFrame take(final int bytes) {
        final int size = sizeOf(bytes);
        while (free.size() <= size) {
            free.add(new ArrayList<>());
        }
        final List<HeldFrame> fitting = free.get(size);
        return fitting.isEmpty() ? new HeldFrame(SMALLEST_BYTES << size) : fitting.removeLast();
    }

    void giveBack(final HeldFrame frame) {
        free.get(sizeOf(frame.buffer.capacity())).add(frame);
    }

    /** Powers of two from the smallest. */
    private static int sizeOf(final int bytes) {
        return bytes <= SMALLEST_BYTES ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1) - SMALLEST_BITS;
    }
}
