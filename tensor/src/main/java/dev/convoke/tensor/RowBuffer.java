package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A reusable block of activation rows, {@code [capacity, columns]}, off-heap and 64-byte aligned. Each row starts at a
 * multiple of 64 bytes; the elements between {@code columns} and {@code stride} are zero from the start and stay zero,
 * so that kernels may read whole blocks of 32. Owned by one thread at a time. Writing rounds to the element type.
 */
public final class RowBuffer {
    /** Row length is padded to a multiple of this many elements: one block of the canonical dot product. */
    public static final int BLOCK = 32;
    private static final int ALIGNMENT = 64;

    private final MemorySegment segment;
    private final DType dtype;
    private final int capacity;
    private final int columns;
    private final int stride;

    /** Allocates zeroed rows from the arena, whose owner frees them. */
    public RowBuffer(final Arena arena, final DType dtype, final int capacity, final int columns) {
        this.dtype = dtype;
        this.capacity = capacity;
        this.columns = columns;
        this.stride = paddedToBlock(columns);
        this.segment = arena.allocate(Math.max(ALIGNMENT, (long)capacity * stride * dtype.bytes()), ALIGNMENT);
    }

    /** A number of elements, rounded up to whole blocks. */
    public static int paddedToBlock(final int elements) {
        return (elements + BLOCK - 1) / BLOCK * BLOCK;
    }

    /** The whole memory. */
    public MemorySegment segment() {
        return segment;
    }

    /** F32 or BF16. */
    public DType dtype() {
        return dtype;
    }

    /** How many rows fit. */
    public int capacity() {
        return capacity;
    }

    /** Elements of a row that carry values. */
    public int columns() {
        return columns;
    }

    /** Elements from one row to the next, a multiple of {@link #BLOCK}. */
    public int stride() {
        return stride;
    }

    /** Byte offset of a row in {@link #segment()}. */
    public long rowOffsetBytes(final int row) {
        return (long)row * stride * dtype.bytes();
    }

    /** Bytes of a row's values without padding: what travels on the wire. */
    public int rowBytes() {
        return columns * dtype.bytes();
    }

    /** One element, widened. */
    public float get(final int row, final int column) {
        return ElementAccess.read(segment, dtype, (long)row * stride + column);
    }

    /** One element, rounded. */
    public void set(final int row, final int column, final float value) {
        ElementAccess.write(segment, dtype, (long)row * stride + column, value);
    }
}
