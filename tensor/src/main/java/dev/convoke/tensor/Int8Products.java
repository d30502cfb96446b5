package dev.convoke.tensor;

import dev.convoke.core.Throttle;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Matrix products of 8-bit integers (W8A8; Dettmers et al., 2022, without its outliers): weights with a scale for each
 * output, inputs with one for each row. Sums are exact, so that every implementation gives the same bits in whatever
 * order it adds. What is said of {@link KernelBackend} holds here, too.
 */
public interface Int8Products {
    /**
     * Lays out weights as codes.
     *
     * @param arena   owns the packed memory
     * @param stacked matrices [outputs_i, inputs] whose outputs follow one another in the product
     */
    Int8Matrix pack(Arena arena, List<Tensor> stacked, Throttle throttle);

    /**
     * {@code y[r][o] = sum over k of codes(x[r])[k] * codes(weights[o])[k]}, times the product of the two scales, for a
     * range of rows and of {@link KernelBackend#tileOutputs tiles}.
     *
     * @param x [rows, inputs] bf16
     * @param y [rows, outputs], f32 or bf16; written with rounding
     */
    void matmul(Int8Matrix weights, RowBuffer x, RowBuffer y, int fromRow, int toRow, int fromTile, int toTile);
}
