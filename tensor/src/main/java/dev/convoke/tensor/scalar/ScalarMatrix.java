package dev.convoke.tensor.scalar;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Row-major weights, rows padded with zeros to whole blocks. */
record ScalarMatrix(int outputs, int inputs, DType dtype, MemorySegment segment) implements PackedMatrix {
    static ScalarMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final ScalarMatrix matrix = new ScalarMatrix(outputs, inputs, dtype,
            arena.allocate((long)outputs * RowBuffer.paddedToBlock(inputs) * dtype.bytes(), 64));
        final float[] weights = new float[inputs];
        int output = 0;
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++, output++) {
                tensor.readOperands(row * inputs, weights, inputs, dtype);
                for (int k = 0; k < inputs; k++) {
                    ElementAccess.write(matrix.segment, dtype, matrix.rowIndex(output) + k, weights[k]);
                }
                throttle.onPortion();
            }
        }
        return matrix;
    }

    /** Index of the first weight of an output. */
    long rowIndex(final int output) {
        return (long)output * stride();
    }

    /** Elements from one output's weights to the next's. */
    int stride() {
        return RowBuffer.paddedToBlock(inputs);
    }

    @Override
    public long bytes() {
        return segment.byteSize();
    }
}
