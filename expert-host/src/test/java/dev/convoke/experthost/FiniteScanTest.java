package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FiniteScanTest {
    private static final int ELEMENTS = 100;

    @ParameterizedTest
    @EnumSource(DType.class)
    void shouldFindTheFirstElementThatIsNotFinite(final DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment segment = arena.allocate((long)ELEMENTS * dtype.bytes());
            final Tensor tensor = new Tensor("weights", dtype, new long[] {ELEMENTS}, segment);
            for (int i = 0; i < ELEMENTS; i++) {
                ElementAccess.write(segment, dtype, i, (i % 2 == 0 ? 1 : -1) * 65_000f / (i + 1));
            }
            assertEquals(-1, FiniteScan.firstNonFinite(tensor));
            ElementAccess.write(segment, dtype, 99, Float.NaN);
            assertEquals(99, FiniteScan.firstNonFinite(tensor));
            ElementAccess.write(segment, dtype, 31, Float.NEGATIVE_INFINITY);
            assertEquals(31, FiniteScan.firstNonFinite(tensor));
            ElementAccess.write(segment, dtype, 0, Float.POSITIVE_INFINITY);
            assertEquals(0, FiniteScan.firstNonFinite(tensor));
        }
    }
}
