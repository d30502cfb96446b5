package dev.convoke.tensor;

import dev.convoke.core.DType;

/**
 * A weight matrix {@code [outputs, inputs]} in the layout its backend reads. Only the backend that packed it may use
 * it. Immutable, shared by threads; its memory belongs to the arena it was packed into.
 */
public interface PackedMatrix {
    /** Rows of the weight: columns of the product. */
    int outputs();

    /** Columns of the weight: elements of each input row. */
    int inputs();

    /** F32 or BF16; input rows must have the same. */
    DType dtype();

    /** Off-heap bytes, padding included. */
    long bytes();
}
