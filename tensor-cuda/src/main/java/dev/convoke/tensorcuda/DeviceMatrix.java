package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.PackedMatrix;

/**
 * Weights in the GPU's memory, packed plain.
 *
 * @param address of the first byte
 */
record DeviceMatrix(int outputs, int inputs, long address) implements PackedMatrix {
    @Override
    public DType dtype() {
        return DType.BF16;
    }

    @Override
    public long bytes() {
        return WeightLayout.plainBytes(WeightFormat.BF16, outputs, inputs);
    }
}
