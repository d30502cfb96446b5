package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KernelsTest {
    private final ScalarBackend backend = new ScalarBackend();
    private final SplittableRandom random = new SplittableRandom(Rows.seed());

    @Test
    void shouldMultiplyEachGroupByItsWeightsAndSkipEmptyOnes() {
        try (Arena arena = Arena.ofShared(); WorkerPool pool = new WorkerPool("test", 3)) {
            final Kernels kernels = new Kernels(backend, pool);
            final int[] offsets = {0, 0, 3, 3, 4, 20, 20};
            final PackedMatrix[] weights = new PackedMatrix[6];
            final RowBuffer x = Rows.random(arena, DType.BF16, 20, 200, random);
            final RowBuffer expected = new RowBuffer(arena, DType.F32, 20, 90);
            for (final int group : new int[] {1, 3, 4}) {
                weights[group] = backend.pack(arena, DType.BF16,
                    List.of(Rows.weights(arena, DType.BF16, 90, 200, random)));
                backend.matmul(weights[group], x, expected, offsets[group], offsets[group + 1], 0, 90);
            }
            final RowBuffer actual = new RowBuffer(arena, DType.F32, 20, 90);
            kernels.groupedMatmul(weights, offsets, 6, x, actual);
            Rows.assertSameBits(expected, actual, "grouped");
            final RowBuffer untouched = new RowBuffer(arena, DType.F32, 20, 90);
            kernels.groupedMatmul(weights, new int[7], 6, x, untouched);
            kernels.matmul(weights[1], x, untouched, 0);
            Rows.assertSameBits(new RowBuffer(arena, DType.F32, 20, 90), untouched, "no rows");
        }
    }
}
