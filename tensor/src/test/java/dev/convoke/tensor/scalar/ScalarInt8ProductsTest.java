package dev.convoke.tensor.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.Int8Matrix;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Rows;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The specification of W8A8 held to what it approximates, and to arithmetic done by hand. */
class ScalarInt8ProductsTest {
    private final Int8Products products = new ScalarInt8Products();

    @Test
    void shouldComputeAnExampleDoneByHand() {
        try (Arena arena = Arena.ofConfined()) {
            final Tensor weights = new Tensor("weights", DType.F32, new long[] {2, 2}, arena.allocate(4 * Float.BYTES));
            weights.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 127);
            weights.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 1, -3.5f);
            weights.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 2, 0.25f);
            weights.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 3, 0.5f);
            final RowBuffer x = new RowBuffer(arena, DType.BF16, 1, 2);
            x.set(0, 0, 2);
            x.set(0, 1, -1);
            final RowBuffer y = new RowBuffer(arena, DType.F32, 1, 2);
            products.matmul(products.pack(arena, List.of(weights), Throttle.NONE), x, y, 0, 1, 0, 2);
            // Codes of the row: 127 and -64 (63.5 rounds to the even one), scale 2 / 127.
            // Of the weights: 127 and -4 (3.5 to the even one), scale 1; 64 and 127, scale 0.5 / 127.
            final float scale = 2f / 127;
            assertEquals((127 * 127 + 64 * 4) * (scale * 1f), y.get(0, 0));
            assertEquals((127 * 64 - 64 * 127) * (scale * (0.5f / 127)), y.get(0, 1));
        }
    }

    @Test
    void shouldComeCloseToTheProductItStandsFor() {
        final long seed = Rows.seed();
        final SplittableRandom random = new SplittableRandom(seed);
        try (Arena arena = Arena.ofConfined()) {
            final Tensor weights = Rows.weights(arena, DType.F32, 60, 300, random);
            final RowBuffer x = Rows.random(arena, DType.BF16, 20, 300, random);
            final RowBuffer y = new RowBuffer(arena, DType.F32, 20, 60);
            final Int8Matrix packed = products.pack(arena, List.of(weights), Throttle.NONE);
            products.matmul(packed, x, y, 0, 20, 0, 60);
            double error = 0;
            double norm = 0;
            for (int row = 0; row < 20; row++) {
                for (int output = 0; output < 60; output++) {
                    double exact = 0;
                    for (int k = 0; k < 300; k++) {
                        exact += (double)x.get(row, k) * weights.at(output * 300L + k);
                    }
                    error += (y.get(row, output) - exact) * (y.get(row, output) - exact);
                    norm += exact * exact;
                }
            }
            assertTrue(Math.sqrt(error / norm) < 0.03, Math.sqrt(error / norm) + " (seed " + seed + ")");
        }
    }
}
