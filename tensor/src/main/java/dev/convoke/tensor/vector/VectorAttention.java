package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;

import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KvPages;

/** Attention of one row and key-value head: all query heads of the group pass over a page while it is in cache. */
final class VectorAttention {
    private VectorAttention() {
    }

    static void attend(final AttentionBatch batch, final int row, final int kvHead, final PageKernel kernel,
        final AttentionState state) {
        final KvPages pages = batch.pages();
        final int groupSize = batch.groupSize();
        final int firstHead = kvHead * groupSize;
        final int first = batch.firstVisible(row);
        final int last = batch.position(row);
        final int[] pageTable = batch.pageTable(row);
        state.start(batch, row, firstHead);
        for (int page = first / PAGE_TOKENS; page <= last / PAGE_TOKENS; page++) {
            state.page(Math.max(0, first - page * PAGE_TOKENS), Math.min(PAGE_TOKENS, last - page * PAGE_TOKENS + 1));
            final long keys = pages.keyIndex(pageTable[page], batch.layer(), kvHead) * pages.dtype().bytes();
            final long values = pages.valueIndex(pageTable[page], batch.layer(), kvHead) * pages.dtype().bytes();
            for (int head = 0; head < groupSize; head++) {
                kernel.score(pages.segment(), keys, state, head, batch.scale());
                kernel.accumulate(pages.segment(), values, state, head, state.normalise(head));
            }
        }
        for (int head = 0; head < groupSize; head++) {
            kernel.finish(state, head, state.sum(head), batch.outputs(), row, (firstHead + head) * pages.headDim());
        }
    }
}
