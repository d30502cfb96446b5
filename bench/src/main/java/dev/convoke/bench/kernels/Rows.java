package dev.convoke.bench.kernels;

import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What is done to each row by itself, f32 in and bf16 out: 4096 elements, 32 heads of 128. */
@State(Scope.Thread)
public class Rows {
    private static final int COLUMNS = 4096;
    private static final int HEAD_DIM = 128;
    private static final int POSITIONS = 64;
    private static final double THETA = 10_000;
    private static final int ALIGNMENT = 64;

    /** By name. */
    @Param({"scalar", "vector"})
    public String backend;

    /** Rows of the step. */
    @Param({"16"})
    public int rows;

    private Arena arena;
    private KernelBackend kernels;
    private RowBuffer x;
    private RowBuffer y;
    private MemorySegment weight;
    private RotaryTable table;
    private int[] positions;
    private double bytes;

    /** Allocates rows of zeros. */
    @Setup
    public void allocate() {
        arena = Arena.ofShared();
        kernels = NamedServices.named(KernelBackend.class, backend);
        x = new RowBuffer(arena, DType.F32, rows, COLUMNS);
        y = new RowBuffer(arena, DType.BF16, rows, COLUMNS);
        weight = arena.allocate((long)COLUMNS * Float.BYTES, ALIGNMENT);
        table = new RotaryTable(arena, POSITIONS, RotaryTable.defaultFrequencies(HEAD_DIM, THETA));
        positions = IntStream.range(0, rows).toArray();
        bytes = x.segment().byteSize() + y.segment().byteSize();
    }

    /** Frees everything. */
    @TearDown
    public void free() {
        arena.close();
    }

    /** Square and sum, then two multiplications an element. */
    @Benchmark
    public void rmsNorm(final Work work) {
        kernels.rmsNorm(x, weight, 1e-5f, y, 0, rows);
        work.add(bytes + weight.byteSize(), 4.0 * rows * COLUMNS);
    }

    /** Two multiplications and an addition an element. */
    @Benchmark
    public void rotate(final Work work) {
        kernels.rotate(x, 0, table, positions, y, 0, rows);
        work.add(bytes, 3.0 * rows * COLUMNS);
    }
}
