package dev.convoke.checkpoint.gguf;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/**
 * A tensor to write.
 *
 * @param name  in GGUF
 * @param dtype to write it in
 * @param shape outermost dimension first
 * @param parts of equal shape, whose rows follow one another
 * @param order which row of a part is written in a place
 */
record OutputTensor(String name, DType dtype, long[] shape, List<Supplier<Tensor>> parts, LongUnaryOperator order) {
    /** Elements of a row. */
    int columns() {
        return (int)shape[shape.length - 1];
    }

    /** Rows of one part. */
    long rowsOfPart() {
        return elements() / columns() / parts.size();
    }

    long bytes() {
        return dtype.bytesOf(elements());
    }

    private long elements() {
        long elements = 1;
        for (final long extent : shape) {
            elements *= extent;
        }
        return elements;
    }
}
