package dev.convoke.bench.kernels;

import dev.convoke.core.DType;
import dev.convoke.core.Precision;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Rows times a weight matrix, which is zero: values do not change what a product takes. */
@State(Scope.Thread)
public class Product {
    private static final int INPUTS = 1024;
    private static final int OUTPUTS = 1024;
    private static final int ALIGNMENT = 64;

    /** By name. */
    @Param({"scalar", "vector"})
    public String backend;

    /** Type of the weights in the checkpoint; quantised ones multiply bf16 rows. Or int8: bf16 made W8A8. */
    @Param({"f32", "bf16", "q8_0", "q4_0", "int8"})
    public String weights;

    /** Rows of the product. */
    @Param({"1", "4", "16", "128"})
    public int rows;

    private Arena arena;
    private KernelBackend kernels;
    private PackedMatrix matrix;
    private RowBuffer x;
    private RowBuffer y;
    private double bytes;

    /** Packs the weights. */
    @Setup
    public void pack() {
        arena = Arena.ofShared();
        final boolean codes = weights.equals(Precision.INT8.label());
        final DType stored = codes ? DType.BF16 : DType.valueOf(weights.toUpperCase(Locale.ROOT));
        final Precision precision = codes ? Precision.INT8 : Precision.of(stored);
        final DType operand = precision.operand();
        kernels = BackendSelection.of(backend, precision).backend();
        matrix = kernels.pack(arena, operand, List.of(new Tensor("zeros", stored, new long[] {OUTPUTS, INPUTS},
            arena.allocate(stored.bytesOf((long)OUTPUTS * INPUTS), ALIGNMENT))));
        x = new RowBuffer(arena, operand, rows, INPUTS);
        y = new RowBuffer(arena, DType.F32, rows, OUTPUTS);
        bytes = matrix.bytes() + x.segment().byteSize() + y.segment().byteSize();
    }

    /** Frees everything. */
    @TearDown
    public void free() {
        arena.close();
    }

    /** All tiles on one thread. */
    @Benchmark
    public void matmul(final Work work) {
        kernels.matmul(matrix, x, y, 0, rows, 0, Math.ceilDiv(OUTPUTS, kernels.tileOutputs()));
        work.add(bytes, 2.0 * rows * INPUTS * OUTPUTS);
    }
}
