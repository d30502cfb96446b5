package dev.convoke.tensor.vector;

import java.lang.foreign.MemorySegment;

/** The two products of attention over one page, for one operand type. Stateless. */
interface PageKernel {
    /**
     * {@code dot(query, key) * scale} for every token of the page, visible or not.
     *
     * @param keys    byte offset of the page's keys
     * @param query   widened and padded queries
     * @param at      index of the query
     * @param headDim padded
     * @param scores  result, [tokens]
     */
    void score(MemorySegment segment, long keys, float[] query, int at, int headDim, float scale, float[] scores);

    /**
     * {@code a_d = a_d * correction}, then for visible tokens ascending {@code a_d = fma(p, v_d, a_d)}.
     *
     * @param values byte offset of the page's values
     * @param state  knows the visible tokens and their probabilities, and holds the sums
     * @param head   of the group
     */
    void accumulate(MemorySegment segment, long values, AttentionState state, int head, float correction);

    /** Where the sum of a dimension lies within a head's sums. */
    int sumIndex(int d, int headDim);
}
