package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

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

    /**
     * Reads consecutive elements, widened to f32: a row of a matrix, say.
     *
     * @param index flat index of the first
     */
    public void read(final long index, final float[] to, final int count) {
        Objects.checkFromIndexSize(index, count, elements());
        switch (dtype) {
            case F32 -> MemorySegment.copy(segment, ElementAccess.FLOAT, index * Float.BYTES, to, 0, count);
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    to[i] = Bf16.toFloat(segment.get(ElementAccess.SHORT, (index + i) * Short.BYTES));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to[i] = Float.float16ToFloat(segment.get(ElementAccess.SHORT, (index + i) * Short.BYTES));
                }
            }
            default -> throw new IllegalArgumentException("dtype " + dtype);
        }
    }

    /** The element at a flat index, widened to f32. For loading and tests, not for kernels. */
    public float at(final long index) {
        return ElementAccess.read(segment, dtype, index);
    }
}
