package dev.convoke.experthost;

import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.DType;
import dev.convoke.tensor.Bf16;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.Tensor;

/** One row through one expert, written down from {@code docs/numerics.md} without any kernel. */
final class DirectExpert {
    private static final int BLOCK = 32;

    private DirectExpert() {
    }

    /** The row as it travels. */
    static float[] operand(final DType dtype, final float[] row) {
        final float[] rounded = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            rounded[i] = round(dtype, row[i]);
        }
        return rounded;
    }

    /** The row that comes back. */
    static float[] compute(final ExpertTensors expert, final DType dtype, final float[] row) {
        final float[] gate = product(expert.gate(), dtype, row);
        final float[] up = product(expert.up(), dtype, row);
        final float[] activation = new float[gate.length];
        for (int i = 0; i < gate.length; i++) {
            activation[i] = round(dtype, CanonicalMath.silu(gate[i]) * up[i]);
        }
        return operand(dtype, product(expert.down(), dtype, activation));
    }

    private static float[] product(final Tensor weight, final DType dtype, final float[] x) {
        final float[] y = new float[(int)weight.shape()[0]];
        for (int output = 0; output < y.length; output++) {
            y[output] = dot(weight, output, dtype, x);
        }
        return y;
    }

    private static float dot(final Tensor weight, final int output, final DType dtype, final float[] x) {
        float accumulator = 0;
        for (int block = 0; block < x.length; block += BLOCK) {
            final float[] parity = new float[2];
            for (int k = block; k < block + BLOCK; k++) {
                final float value = k < x.length ? x[k] : 0;
                final float factor = k < x.length
                    ? round(dtype, weight.at((long)output * x.length + k)) : 0;
                parity[k & 1] = Math.fma(value, factor, parity[k & 1]);
            }
            accumulator += parity[0] + parity[1];
        }
        return accumulator;
    }

    private static float round(final DType dtype, final float value) {
        return dtype == DType.BF16 ? Bf16.round(value) : value;
    }
}
