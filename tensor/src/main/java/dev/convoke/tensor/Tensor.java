package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A read-only, row-major tensor as a checkpoint stores it: little-endian, not necessarily aligned. It does not own
 * its memory; whoever mapped it does.
 *
 * @param name    as in the checkpoint, for messages
 * @param dtype   element type
 * @param shape   outermost dimension first
 * @param segment exactly the tensor's bytes
 */
public record Tensor(String name, DType dtype, long[] shape, MemorySegment segment) {
    /** Checks that the segment holds what dtype and shape say. */
    public Tensor {
        long elements = 1;
        for (final long extent : shape) {
            elements = Math.multiplyExact(elements, extent);
        }
        if (Math.multiplyExact(elements, dtype.bytes()) != segment.byteSize()) {
            throw new IllegalArgumentException("tensor " + name + " of shape " + Arrays.toString(shape) + " " + dtype
                + " has " + segment.byteSize() + " bytes");
        }
    }

    /** The number of elements. */
    public long elements() {
        return segment.byteSize() / dtype.bytes();
    }

    /** The element at a flat index, widened to f32. For loading and tests, not for kernels. */
    public float at(final long index) {
        return ElementAccess.read(segment, dtype, index);
    }
}
