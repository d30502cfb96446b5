package dev.convoke.tensor;

import dev.convoke.core.DType;

/** Weights in 8 bits, with a scale for each output. Its input rows are bf16. */
public interface Int8Matrix extends PackedMatrix {
    @Override
    default DType dtype() {
        return DType.BF16;
    }
}
