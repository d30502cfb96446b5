package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;

import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KvPages;
import java.lang.foreign.MemorySegment;

/** Attention of one row and key-value head: all query heads of the group pass over a page while it is in cache. */
final class VectorAttention {
    private VectorAttention() {
    }

    static void attend(final AttentionBatch batch, final int row, final int kvHead, final PageKernel kernel,
        final AttentionState state) {
        final KvPages pages = batch.pages();
        final MemorySegment segment = pages.segment();
        final int groupSize = batch.groupSize();
        final int firstHead = kvHead * groupSize;
        final int first = batch.firstVisible(row);
        final int last = batch.position(row);
        final int[] pageTable = batch.pageTable(row);
        final int elementBytes = pages.dtype().bytes();
        final int padded = pages.paddedHeadDim();
        state.start(batch, row, firstHead);
        for (int page = first / PAGE_TOKENS; page <= last / PAGE_TOKENS; page++) {
            state.page(Math.max(0, first - page * PAGE_TOKENS), Math.min(PAGE_TOKENS, last - page * PAGE_TOKENS + 1));
            final long keys = pages.keyIndex(pageTable[page], batch.layer(), kvHead) * elementBytes;
            final long values = pages.valueIndex(pageTable[page], batch.layer(), kvHead) * elementBytes;
            for (int head = 0; head < groupSize; head++) {
                kernel.score(segment, keys, state.queries(), head * padded, padded, batch.scale(),
                    state.probabilities());
                kernel.accumulate(segment, values, state, head, state.normalise(head));
            }
        }
        for (int head = 0; head < groupSize; head++) {
            state.finish(batch, row, firstHead + head, head, kernel);
        }
    }
}
