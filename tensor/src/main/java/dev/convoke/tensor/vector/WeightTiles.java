package dev.convoke.tensor.vector;

import java.lang.foreign.MemorySegment;

/** Tiles of 32 outputs in the layout of {@link TiledMatrix}, as a product reads them. */
interface WeightTiles {
    /** Where the weights lie. */
    MemorySegment segment();

    /** Outputs of the whole matrix. */
    int outputs();

    /** Inputs, padded. */
    int stride();

    /** Where a vector of outputs begins, counted over all tiles; its successor in the same tile follows at once. */
    long offsetBytes(int vector);
}
