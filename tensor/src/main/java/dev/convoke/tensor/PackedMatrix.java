package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.util.List;

/**
 * A weight matrix {@code [outputs, inputs]} in the layout its backend reads. Only the backend that packed it may use
 * it. Immutable, shared by threads; its memory belongs to the arena it was packed into.
 */
public interface PackedMatrix {
    /** Rows of the weight: columns of the product. */
    int outputs();

    /** Columns of the weight: elements of each input row. */
    int inputs();

    /** F32 or BF16; input rows must have the same. */
    DType dtype();

    /** Off-heap bytes, padding included. */
    long bytes();

    /** Outputs of matrices [outputs_i, inputs] laid one below another; an error unless each has two dimensions. */
    static int stackedOutputs(final List<Tensor> stacked) {
        long outputs = 0;
        for (final Tensor tensor : stacked) {
            if (tensor.shape().length != 2) {
                throw new IllegalArgumentException("tensor " + tensor.name() + " is not a matrix");
            }
            outputs += tensor.shape()[0];
        }
        return Math.toIntExact(outputs);
    }

    /** Inputs of matrices [outputs_i, inputs] laid one below another; an error unless all have the same. */
    static int stackedInputs(final List<Tensor> stacked) {
        final long inputs = stacked.getFirst().shape()[1];
        for (final Tensor tensor : stacked) {
            if (tensor.shape()[1] != inputs) {
                throw new IllegalArgumentException("tensors " + stacked.getFirst().name() + " and " + tensor.name()
                    + " differ in inputs: " + inputs + " and " + tensor.shape()[1]);
            }
        }
        return Math.toIntExact(inputs);
    }
}
