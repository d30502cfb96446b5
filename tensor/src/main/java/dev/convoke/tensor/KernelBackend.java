package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.Named;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The arithmetic of a model on one kind of unit. Every implementation gives the bits that {@code docs/numerics.md}
 * defines, for any split of its work into calls: {@link Kernels} spreads ranges over threads and relies on that.
 * Calls run on the calling thread, allocate nothing once compiled, and do not throw for valid ranges. Ranges are
 * half-open, {@code [from, to)}.
 */
public interface KernelBackend extends Named {
    /** Empty if this backend works on this machine, otherwise the reason why not. */
    String unsupportedReason();

    /** Among supported backends, {@link BackendSelection} takes the one with the highest; 0 is the slowest. */
    default int preference() {
        return 0;
    }

    /** What distinguishes this backend on this machine, for logs; may be empty. */
    default String description() {
        return "";
    }

    /** Output columns in one tile of {@link #matmul}. */
    int tileOutputs();

    /**
     * Lays out weights, rounding them to the operand type.
     *
     * @param arena   owns the packed memory
     * @param dtype   operand type, F32 or BF16
     * @param stacked matrices [outputs_i, inputs] whose outputs follow one another in the product
     */
    PackedMatrix pack(Arena arena, DType dtype, List<Tensor> stacked);

    /**
     * {@code y[r][o] = dot(x[r], weights[o])} for a range of rows and of tiles, each dot product in canonical order.
     *
     * @param x [rows, inputs] in the operand type
     * @param y [rows, outputs], f32 or operand type; written with rounding
     */
    void matmul(PackedMatrix weights, RowBuffer x, RowBuffer y, int fromRow, int toRow, int fromTile, int toTile);

    /**
     * {@code y = x / sqrt(mean(x^2) + epsilon) * weight} (Zhang and Sennrich, 2019), row by row.
     *
     * @param x      f32
     * @param weight [columns] f32
     * @param y      f32 or operand type; written with rounding
     */
    void rmsNorm(RowBuffer x, MemorySegment weight, float epsilon, RowBuffer y, int fromRow, int toRow);

    /**
     * {@code y[i] = silu(gateUp[i]) * gateUp[width + i]} with {@code width = y.columns()} (SwiGLU, Shazeer, 2020).
     *
     * @param gateUp [rows, 2 x width] f32
     * @param y      [rows, width]; written with rounding
     */
    void gatedSilu(RowBuffer gateUp, RowBuffer y, int fromRow, int toRow);

    /**
     * Rotary embedding in the half-split layout (Su et al., 2021), reading heads from a wider row.
     *
     * @param x           [rows, ...] f32; heads start at {@code firstColumn}
     * @param firstColumn column of the first head in {@code x}
     * @param table       cosines and sines by position
     * @param positions   absolute position of each row
     * @param y           [rows, heads x headDim]; written with rounding
     */
    void rotate(RowBuffer x, int firstColumn, RotaryTable table, int[] positions, RowBuffer y, int fromRow, int toRow);

    /**
     * Copies columns of f32 rows into another buffer, rounding to its type.
     *
     * @param firstColumn column of {@code x} that becomes column 0 of {@code y}
     */
    void round(RowBuffer x, int firstColumn, RowBuffer y, int fromRow, int toRow);

    /**
     * Causal attention over pages for a range of items; item {@code row * kvHeads + kvHead} computes the query heads
     * of that key-value head (grouped-query attention, Ainslie et al., 2023) with online softmax (Milakov and
     * Gimelshein, 2018) over the pages in order.
     */
    void attend(AttentionBatch batch, int fromItem, int toItem);

    /**
     * {@code residual[r] += sum over slots s of weights[r * slots + s] * slotRows[r * slots + s]}, the sum taken in
     * slot order from zero.
     *
     * @param slotRows [rows x slots, columns] operand type
     * @param residual [rows, columns] f32
     */
    void combine(RowBuffer slotRows, float[] weights, int slots, RowBuffer residual, int fromRow, int toRow);

    /** {@code residual[r] += x[r]}, both f32. */
    void add(RowBuffer x, RowBuffer residual, int fromRow, int toRow);
}
