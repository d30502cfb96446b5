package dev.convoke.tensor.scalar;

import dev.convoke.core.DType;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;

/** The canonical dot product. */
final class ScalarProduct {
    private ScalarProduct() {
    }

    /**
     * Blocks of 32 ascending; in each one chain over the even and one over the odd elements.
     *
     * @param length elements, a multiple of 32
     */
    static float dot(final DType dtype, final MemorySegment x, final long xIndex, final MemorySegment w,
        final long wIndex, final int length) {
        float accumulator = 0;
        for (int block = 0; block < length; block += RowBuffer.BLOCK) {
            float even = 0;
            float odd = 0;
            for (int k = block; k < block + RowBuffer.BLOCK; k += 2) {
                even = Math.fma(ElementAccess.read(x, dtype, xIndex + k),
                    ElementAccess.read(w, dtype, wIndex + k), even);
                odd = Math.fma(ElementAccess.read(x, dtype, xIndex + k + 1),
                    ElementAccess.read(w, dtype, wIndex + k + 1), odd);
            }
            accumulator += even + odd;
        }
        return accumulator;
    }
}
