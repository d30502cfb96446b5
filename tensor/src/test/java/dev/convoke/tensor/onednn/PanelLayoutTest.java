package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.DType;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Rows;
import dev.convoke.tensor.Tensor;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Without AMX, oneDNN multiplies bf16 by an instruction that sums in another order. Its results are close enough to
 * show that rows, tiles, tails and threads are where they belong. With AMX the contract suite compares bits.
 */
class PanelLayoutTest {
    /** Of a row's norm: what rounding in another order makes of some thousand products. */
    private static final double TOLERANCE = 1e-5;

    private final long seed = Rows.seed();
    private final SplittableRandom random = new SplittableRandom(seed);
    private final KernelBackend scalar = new ScalarBackend();

    @BeforeEach
    void requirePairsOfBf16() {
        final Set<String> flags = CpuFlags.read();
        assumeFalse(flags.contains("amx_bf16"), "the contract suite compares bits");
        assumeTrue(flags.contains("avx512_bf16"), "this CPU has neither AMX nor avx512_bf16");
        assertEquals("", OnednnLibrary.load());
    }

    @Test
    void shouldComeCloseToScalarForAnyRowsInputsOutputsAndThreads() {
        final KernelBackend backend =
            OnednnUnit.backendWith(OnednnUnit.only(PanelType.BF16, new OnednnProduct(PanelType.BF16)));
        for (final int rows : new int[] {8, 9, 23, 77, 256, 300}) {
            multiply(backend, rows, random.nextInt(1, 300), random.nextInt(1, 100), DType.BF16);
        }
        multiply(backend, 12, 4128, 33, DType.BF16);
        for (final DType stored : List.of(DType.Q8_0, DType.Q4_0, DType.Q6_K)) {
            multiply(backend, 70, 512, 40, stored);
        }
    }

    private void multiply(final KernelBackend backend, final int rows, final int inputs, final int outputs,
        final DType stored) {
        try (Arena arena = backend.newArena(); WorkerPool pool = new WorkerPool("layout", random.nextInt(1, 4))) {
            final List<Tensor> weights = List.of(Rows.weights(arena, stored, outputs, inputs, random));
            final RowBuffer x = Rows.random(arena, DType.BF16, rows, inputs, random);
            final RowBuffer expected = new RowBuffer(arena, DType.F32, rows, outputs);
            final RowBuffer actual = new RowBuffer(arena, DType.F32, rows, outputs);
            Rows.poison(actual);
            scalar.matmul(scalar.pack(arena, DType.BF16, weights), x, expected, 0, rows, 0, outputs);
            final PackedMatrix packed = backend.pack(arena, DType.BF16, weights);
            new Kernels(backend, pool).matmul(packed, x, actual, rows);
            Rows.assertClose(expected, actual, TOLERANCE,
                rows + "x" + inputs + "x" + outputs + " of " + stored + " (seed " + seed + ")");
        }
    }

    @Test
    void shouldFailTheProofWithoutAmx() {
        assertNotEquals("", new SelfProof(PanelType.BF16, new OnednnProduct(PanelType.BF16)).objection());
    }
}
