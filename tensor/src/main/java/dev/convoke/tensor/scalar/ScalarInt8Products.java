package dev.convoke.tensor.scalar;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Int8;
import dev.convoke.tensor.Int8Matrix;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The specification of W8A8. */
final class ScalarInt8Products implements Int8Products {
    @Override
    public Int8Matrix pack(final Arena arena, final List<Tensor> stacked, final Throttle throttle) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final ScalarInt8Matrix matrix = new ScalarInt8Matrix(outputs, inputs,
            arena.allocate((long)outputs * inputs), arena.allocate((long)outputs * Float.BYTES, Float.BYTES));
        final float[] weights = new float[inputs];
        int output = 0;
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++, output++) {
                tensor.read(row * inputs, weights, inputs);
                fill(matrix, output, weights);
                throttle.onPortion();
            }
        }
        return matrix;
    }

    private static void fill(final ScalarInt8Matrix matrix, final int output, final float[] weights) {
        final float largest = Int8.largest(weights, weights.length);
        final float inverse = Int8.inverse(largest);
        matrix.scales().setAtIndex(ValueLayout.JAVA_FLOAT, output, Int8.scale(largest));
        for (int k = 0; k < weights.length; k++) {
            matrix.codes().set(ValueLayout.JAVA_BYTE, (long)output * weights.length + k,
                (byte)Int8.code(weights[k], inverse));
        }
    }

    @Override
    public void matmul(final Int8Matrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        final ScalarInt8Matrix matrix = (ScalarInt8Matrix)weights;
        for (int row = fromRow; row < toRow; row++) {
            final float largest = largest(x, row);
            final float inverse = Int8.inverse(largest);
            for (int output = fromTile; output < toTile; output++) {
                int sum = 0;
                for (int k = 0; k < matrix.inputs(); k++) {
                    sum += Int8.code(x.get(row, k), inverse)
                        * matrix.codes().get(ValueLayout.JAVA_BYTE, (long)output * matrix.inputs() + k);
                }
                y.set(row, output,
                    sum * (Int8.scale(largest) * matrix.scales().getAtIndex(ValueLayout.JAVA_FLOAT, output)));
            }
        }
    }

    private static float largest(final RowBuffer x, final int row) {
        float largest = 0;
        for (int k = 0; k < x.columns(); k++) {
            largest = Math.max(largest, Math.abs(x.get(row, k)));
        }
        return largest;
    }
}
