package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/**
 * Sequences in scattered pages and rows that look at them. What no row may see, behind the last position and in pages
 * that belong to nobody, is NaN.
 */
public final class AttentionCase {
    private static final int SEQUENCES = 2;

    private final Arena arena;
    private final SplittableRandom random;
    private final KvPages pages;
    private final RowBuffer queries;
    private final int heads;
    private final int[][] pageTables = new int[SEQUENCES][];
    private final int[] positions;
    private final int slidingWindow;

    /** Fills pages of every layer for the positions that rows see. */
    AttentionCase(final Arena arena, final Shape shape, final int[] positions, final int specialEvery,
        final SplittableRandom random) {
        this.arena = arena;
        this.random = random;
        this.positions = positions;
        this.slidingWindow = shape.slidingWindow();
        this.heads = shape.kvHeads() * shape.groupSize();
        this.queries = new RowBuffer(arena, shape.dtype(), positions.length, heads * shape.headDim());
        Rows.fill(queries, random, specialEvery);
        int last = 0;
        for (final int position : positions) {
            last = Math.max(last, position);
        }
        final int pagesEach = last / KvPages.PAGE_TOKENS + 1;
        this.pages = new KvPages(arena, shape.dtype(), SEQUENCES * pagesEach + 1, 2, shape.kvHeads(),
            shape.headDim());
        scatterPages(pagesEach);
        poison(shape);
        for (int position = 0; position <= last; position++) {
            store(shape, position, specialEvery);
        }
    }

    /** The fixed sizes of a case. */
    public record Shape(DType dtype, int kvHeads, int groupSize, int headDim, int slidingWindow) {
    }

    private void scatterPages(final int pagesEach) {
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            pageTables[sequence] = new int[pagesEach];
            for (int page = 0; page < pagesEach; page++) {
                pageTables[sequence][page] = pages.pages() - 1 - (page * SEQUENCES + sequence);
            }
        }
    }

    private void poison(final Shape shape) {
        final RowBuffer nothing = new RowBuffer(arena, shape.dtype(), 1, shape.kvHeads() * shape.headDim());
        for (int column = 0; column < nothing.columns(); column++) {
            nothing.set(0, column, Float.NaN);
        }
        for (int page = 0; page < pages.pages(); page++) {
            for (int slot = 0; slot < KvPages.PAGE_TOKENS; slot++) {
                pages.store(page, 0, slot, nothing, nothing, 0);
                pages.store(page, 1, slot, nothing, nothing, 0);
            }
        }
    }

    private void store(final Shape shape, final int position, final int specialEvery) {
        final RowBuffer keyAndValue = new RowBuffer(arena, shape.dtype(), 2, shape.kvHeads() * shape.headDim());
        final RowBuffer other = new RowBuffer(arena, shape.dtype(), 2, shape.kvHeads() * shape.headDim());
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            for (int layer = 0; layer < 2; layer++) {
                Rows.fill(keyAndValue, random, specialEvery);
                Rows.fill(other, random, specialEvery);
                pages.store(pageTables[sequence][position / KvPages.PAGE_TOKENS], layer,
                    position % KvPages.PAGE_TOKENS, keyAndValue, other, sequence);
            }
        }
    }

    /** A batch over this case for one backend, with outputs of its own. Rows alternate between the sequences. */
    public AttentionBatch batch() {
        final RowBuffer outputs = new RowBuffer(arena, queries.dtype(), positions.length, queries.columns());
        final AttentionBatch batch = new AttentionBatch(pages, queries, outputs, heads, 0.3f, slidingWindow);
        batch.start(1);
        for (int row = 0; row < positions.length; row++) {
            batch.add(positions[row], pageTables[row % SEQUENCES]);
        }
        return batch;
    }
}
