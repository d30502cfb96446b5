package dev.convoke.tensor.scalar;

import dev.convoke.tensor.Int8Matrix;
import java.lang.foreign.MemorySegment;

/**
 * Row-major codes.
 *
 * @param codes  [outputs][inputs], bytes
 * @param scales [outputs], f32
 */
record ScalarInt8Matrix(int outputs, int inputs, MemorySegment codes, MemorySegment scales) implements Int8Matrix {
    @Override
    public long bytes() {
        return codes.byteSize() + scales.byteSize();
    }
}
