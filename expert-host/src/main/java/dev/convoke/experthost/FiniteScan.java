package dev.convoke.experthost;

import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Looks for NaN and infinities in weights: an exponent of all ones, whatever the element type. */
final class FiniteScan {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private FiniteScan() {
    }

    /** Flat index of the first element that is not finite, or -1. */
    static long firstNonFinite(final Tensor tensor) {
        return switch (tensor.dtype()) {
            case F32 -> firstInInts(tensor.segment(), tensor.elements());
            case F16 -> firstInShorts(tensor.segment(), tensor.elements(), 0x7C00);
            case BF16 -> firstInShorts(tensor.segment(), tensor.elements(), 0x7F80);
        };
    }

    private static long firstInInts(final MemorySegment segment, final long elements) {
        final int exponent = 0x7F80_0000;
        for (long i = 0; i < elements; i++) {
            if ((segment.get(INT, i * Integer.BYTES) & exponent) == exponent) {
                return i;
            }
        }
        return -1;
    }

    private static long firstInShorts(final MemorySegment segment, final long elements, final int exponent) {
        for (long i = 0; i < elements; i++) {
            if ((segment.get(SHORT, i * Short.BYTES) & exponent) == exponent) {
                return i;
            }
        }
        return -1;
    }
}
