package dev.convoke.bench.machine;

import dev.convoke.core.DType;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntFunction;

/** A matrix product that a kernel backend computes from cache: what the backend reaches of the machine. */
final class BackendProduct implements AutoCloseable {
    static final int INPUTS = 512;
    static final int OUTPUTS = 256;
    static final int ROWS = 64;

    private final Arena arena = Arena.ofShared();
    private final KernelBackend backend;
    private final DType dtype;
    private final PackedMatrix weights;

    /** Packs weights of zeros; their values do not change what a product takes. */
    BackendProduct(final KernelBackend backend, final DType dtype) {
        this.backend = backend;
        this.dtype = dtype;
        final MemorySegment zeros = arena.allocate((long)INPUTS * OUTPUTS * dtype.bytes(), 64);
        this.weights = backend.pack(arena, dtype,
            List.of(new Tensor("zeros", dtype, new long[] {OUTPUTS, INPUTS}, zeros)));
    }

    /** Products of each thread's own rows with the same weights; they return operations. */
    IntFunction<Crew.Portion> portions() {
        final int tiles = Math.ceilDiv(OUTPUTS, backend.tileOutputs());
        return _ -> {
            final RowBuffer x = new RowBuffer(arena, dtype, ROWS, INPUTS);
            final RowBuffer y = new RowBuffer(arena, DType.F32, ROWS, OUTPUTS);
            return () -> {
                backend.matmul(weights, x, y, 0, ROWS, 0, tiles);
                return 2.0 * ROWS * INPUTS * OUTPUTS;
            };
        };
    }

    @Override
    public void close() {
        arena.close();
    }
}
