package dev.convoke.tensorcuda;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Which memory of the machine kernels reach: a few ranges, asked for by any thread without a lock. */
final class PinnedRanges {
    private volatile long[] ranges = new long[0];

    /** Adds a range, which overlaps no other. */
    synchronized void add(final long address, final long bytes) {
        final long[] old = ranges;
        final int at = insertionPoint(old, address);
        final long[] more = new long[old.length + 2];
        System.arraycopy(old, 0, more, 0, at);
        more[at] = address;
        more[at + 1] = address + bytes;
        System.arraycopy(old, at, more, at + 2, old.length - at);
        ranges = more;
    }

    /** Removes a range that was added. */
    synchronized void remove(final long address) {
        final long[] old = ranges;
        final int at = Arrays.binarySearch(old, address);
        if (at < 0) {
            throw new IllegalArgumentException("no range starts at " + address);
        }
        final int first = at % 2 == 0 ? at : at + 1;
        final long[] fewer = new long[old.length - 2];
        System.arraycopy(old, 0, fewer, 0, first);
        System.arraycopy(old, first + 2, fewer, first, old.length - first - 2);
        ranges = fewer;
    }

    /** Whether all of the memory lies in one range. */
    boolean contains(final MemorySegment memory) {
        return contains(memory.address(), memory.byteSize());
    }

    /** Whether all of the memory lies in one range. */
    boolean contains(final long address, final long bytes) {
        final long[] now = ranges;
        final int after = insertionPoint(now, address + 1);
        return after > 0 && address + bytes <= now[after - 1];
    }

    /** Index of the first range that starts at the address or behind it. */
    private static int insertionPoint(final long[] ranges, final long address) {
        int low = 0;
        int high = ranges.length / 2;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (ranges[2 * middle] < address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return 2 * low;
    }
}
