package dev.convoke.bench.kernels;

import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The last rows of one sequence look back over all of it: 32 query heads, 8 key-value heads of 128, bf16. */
@State(Scope.Thread)
public class Attention {
    private static final int HEADS = 32;
    private static final int KV_HEADS = 8;
    private static final int HEAD_DIM = 128;

    /** By name. */
    @Param({"scalar", "vector"})
    public String backend;

    /** Rows of the step. */
    @Param({"1", "16"})
    public int rows;

    /** Positions of the sequence. */
    @Param({"1024"})
    public int positions;

    private Arena arena;
    private KernelBackend kernels;
    private AttentionBatch batch;
    private double bytes;

    /** Fills the batch. */
    @Setup
    public void fill() {
        arena = Arena.ofShared();
        kernels = NamedServices.named(KernelBackend.class, backend);
        final int pageCount = Math.ceilDiv(positions, KvPages.PAGE_TOKENS);
        final KvPages pages = new KvPages(arena, DType.BF16, pageCount, 1, KV_HEADS, HEAD_DIM);
        batch = new AttentionBatch(pages, new RowBuffer(arena, DType.BF16, rows, HEADS * HEAD_DIM),
            new RowBuffer(arena, DType.BF16, rows, HEADS * HEAD_DIM), HEADS, (float)(1 / Math.sqrt(HEAD_DIM)), 0);
        batch.start(0);
        final int[] table = IntStream.range(0, pageCount).toArray();
        for (int row = 0; row < rows; row++) {
            batch.add(positions - rows + row, table);
        }
        bytes = pages.segment().byteSize();
    }

    /** Frees everything. */
    @TearDown
    public void free() {
        arena.close();
    }

    /** All rows and heads on one thread; scores and sums are a multiplication and an addition each. */
    @Benchmark
    public void attend(final Work work) {
        kernels.attend(batch, 0, rows * KV_HEADS);
        work.add(bytes, 4.0 * rows * positions * HEADS * HEAD_DIM);
    }
}
