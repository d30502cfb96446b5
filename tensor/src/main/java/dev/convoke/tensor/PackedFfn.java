package dev.convoke.tensor;

import dev.convoke.core.DType;

/**
 * The weights of one gated feed-forward network, {@code down(silu(gate(x)) * up(x))}, in the layout its backend reads.
 * Only batches of the backend that packed it may use it. Immutable, shared by threads; its memory belongs to the arena
 * it was packed into.
 */
public interface PackedFfn {
    /** Elements of an input row and of an output row. */
    int hidden();

    /** Elements between: outputs of gate and of up, inputs of down. */
    int width();

    /** F32 or BF16; rows must have the same. */
    DType dtype();

    /** Bytes of the weights wherever they lie, padding included. */
    long bytes();
}
