package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FiniteTensorTest {
    private static final int ELEMENTS = 1100;

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "BF16"})
    void shouldFindTheFirstElementThatIsNotFinite(final DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment segment = arena.allocate((long)ELEMENTS * dtype.bytes());
            final Tensor tensor = new Tensor("weights", dtype, new long[] {ELEMENTS}, segment);
            for (int i = 0; i < ELEMENTS; i++) {
                ElementAccess.write(segment, dtype, i, (i % 2 == 0 ? 1 : -1) * 65_000f / (i + 1));
            }
            assertEquals(-1, tensor.firstNonFinite());
            ElementAccess.write(segment, dtype, ELEMENTS - 1, Float.NaN);
            assertEquals(ELEMENTS - 1, tensor.firstNonFinite());
            ElementAccess.write(segment, dtype, 31, Float.NEGATIVE_INFINITY);
            assertEquals(31, tensor.firstNonFinite());
            ElementAccess.write(segment, dtype, 0, Float.POSITIVE_INFINITY);
            assertEquals(0, tensor.firstNonFinite());
        }
    }
}
