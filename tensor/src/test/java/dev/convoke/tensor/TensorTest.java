package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
    private final SplittableRandom random = new SplittableRandom(Rows.seed());

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "BF16"})
    void shouldReadRowsLikeSingleElements(final DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            final Tensor tensor = Rows.weights(arena, dtype, 3, 37, random);
            final float[] row = new float[40];
            tensor.read(37, row, 37);
            for (int i = 0; i < 37; i++) {
                assertEquals(tensor.at(37 + i), row[i]);
            }
            assertEquals(0, row[37]);
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.read(75, row, 37));
        }
    }

    @Test
    void shouldRefuseASegmentOfAnotherSize() {
        try (Arena arena = Arena.ofConfined()) {
            final IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> new Tensor("layers.0.weight", DType.BF16, new long[] {2, 3}, arena.allocate(13)));
            assertEquals("tensor layers.0.weight of shape [2, 3] BF16 has 13 bytes", e.getMessage());
        }
    }

    @Test
    void shouldRefuseToStackWhatDoesNotFit() {
        try (Arena arena = Arena.ofConfined()) {
            final Tensor a = Rows.weights(arena, DType.F32, 2, 4, random);
            final Tensor b = Rows.weights(arena, DType.F32, 2, 5, random);
            final Tensor vector = new Tensor("bias", DType.F32, new long[] {8}, a.segment().asSlice(0, 32));
            assertEquals(4, PackedMatrix.stackedOutputs(List.of(a, b)));
            assertEquals(4, PackedMatrix.stackedInputs(List.of(a, a)));
            assertThrows(IllegalArgumentException.class, () -> PackedMatrix.stackedInputs(List.of(a, b)));
            assertThrows(IllegalArgumentException.class, () -> PackedMatrix.stackedOutputs(List.of(a, vector)));
        }
    }
}
