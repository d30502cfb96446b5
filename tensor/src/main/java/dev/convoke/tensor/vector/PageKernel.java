package dev.convoke.tensor.vector;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;

/** The two products of attention over one page, for one operand type. Stateless. */
interface PageKernel {
    /** Pairs in a block of the canonical dot product. */
    int BLOCK_PAIRS = RowBuffer.BLOCK / 2;

    /**
     * Scores of the page: {@code dot(query, key) * scale} for every token, handed to {@link AttentionState#score}.
     *
     * @param keys byte offset of the page's keys
     * @param head of the group
     */
    void score(MemorySegment segment, long keys, AttentionState state, int head, float scale);

    /**
     * {@code a_d = a_d * correction}, then for the tokens of {@code state} ascending {@code a_d = fma(p, v_d, a_d)}.
     *
     * @param values byte offset of the page's values
     * @param head   of the group
     */
    void accumulate(MemorySegment segment, long values, AttentionState state, int head, float correction);

    /** Writes {@code a_d / sum} of one head. */
    void finish(AttentionState state, int head, float sum, RowBuffer outputs, int row, int firstColumn);
}
