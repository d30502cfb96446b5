package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.Named;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Precision;
import dev.convoke.core.Throttle;
import dev.convoke.core.memory.HugePageArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The arithmetic of a model on one kind of unit. Every implementation gives the bits that its {@link #numerics()}
 * names, on a CPU those that {@code docs/numerics.md} defines, for any split of its work into calls: {@link Kernels}
 * spreads ranges over threads and relies on that. Calls are complete when they return, allocate nothing once compiled,
 * and do not throw for valid ranges, unless a device fails. Ranges are half-open, {@code [from, to)}.
 */
public interface KernelBackend extends Named {
    /** Empty if this backend works on this machine, otherwise the reason why not. */
    String unsupportedReason();

    /** The same of one precision. */
    default String unsupportedReason(final Precision precision) {
        final boolean offered = precision == Precision.INT8 ? int8Products().isPresent() : takes(precision.operand());
        return offered ? unsupportedReason() : "it does not compute in " + precision.label();
    }

    /** Among supported backends, {@link BackendSelection} takes the one with the highest; 0 is the slowest. */
    default int preference() {
        return 0;
    }

    /** What distinguishes this backend on this machine, for logs; may be empty. */
    default String description() {
        return "";
    }

    /** The set of bits it computes. Backends of different ones do not replace each other unless an operator agrees. */
    default NumericsId numerics() {
        return NumericsId.CANONICAL_1;
    }

    /** Whether it computes with operands of this type, F32 or BF16. */
    default boolean takes(final DType operand) {
        return true;
    }

    /**
     * Whether threads share its calls. A device that is parallel by itself says no: then each call comes from its
     * owner's thread alone and covers the whole operation.
     */
    default boolean spreads() {
        return true;
    }

    /** Memory that its kernels reach without a copy, closed by whoever asks for it, on any thread. */
    default Arena newArena() {
        return new HugePageArena();
    }

    /**
     * Hears, before weights are packed, how large they will be, so that a backend with memory of its own can decide
     * what stays there. Returns how many of these bytes need memory of the machine.
     *
     * @param matrixBytes of what {@link #pack} will get
     * @param ffnBytes    of what {@link #packFfn} will get
     * @param deviceBytes the most that a device may hold of them; not for a backend that has no device
     */
    default long planWeights(final long matrixBytes, final long ffnBytes, final long deviceBytes) {
        return matrixBytes + ffnBytes;
    }

    /**
     * Bytes that weights take once packed, padding aside.
     *
     * @param stored  type in the checkpoint
     * @param operand type of the rows they are multiplied with
     */
    default long packedBytes(final DType stored, final DType operand, final long elements) {
        return elements * operand.bytes();
    }

    /**
     * The same for what {@link #packFfn} gets.
     *
     * @param stored types of gate, up and down in the checkpoint
     */
    default long packedFfnBytes(final List<DType> stored, final DType operand, final long elements) {
        return stored.stream().mapToLong(each -> packedBytes(each, operand, elements / stored.size())).sum();
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
    default PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked) {
        return pack(arena, dtype, stacked, Throttle.NONE);
    }

    /** The same, in small portions. */
    PackedMatrix pack(Arena arena, DType dtype, List<Tensor> stacked, Throttle throttle);

    /** As {@link #pack}, of weights that keep their precision where products have less: a router's. */
    default PackedMatrix packExact(final Arena arena, final DType dtype, final List<Tensor> stacked) {
        return pack(arena, dtype, stacked);
    }

    /** This backend with products of many rows on a matrix unit, if its weights lie as {@link PanelProduct} says. */
    default Optional<KernelBackend> withMatrixUnit(final MatrixUnit unit) {
        return Optional.empty();
    }

    /** Products of 8-bit integers, if it has them. */
    default Optional<Int8Products> int8Products() {
        return Optional.empty();
    }

    /**
     * Lays out the weights of an expert, rounding them to the operand type.
     *
     * @param arena    owns the packed memory
     * @param gate     [width, hidden]
     * @param up       [width, hidden]
     * @param down     [hidden, width]
     * @param throttle hears of small portions of it
     */
    default PackedFfn packFfn(final Arena arena, final DType dtype, final Tensor gate, final Tensor up,
        final Tensor down, final Throttle throttle) {
        return StackedFfn.pack(this, arena, dtype, gate, up, down, throttle);
    }

    /**
     * Makes room for grouped FFNs. Unless a backend knows better they are {@link #matmul}, {@link #gatedSilu} and
     * {@link #matmul}, with the activation rounded to the operand type between.
     *
     * @param arena   owns the rows
     * @param kernels of this backend
     */
    default FfnBatch ffnBatch(final Arena arena, final FfnShape shape, final Kernels kernels) {
        return new SequentialFfn(arena, shape, kernels);
    }

    /** How many batches keep it busy: more than one where a batch runs while its owner prepares the next. */
    default int ffnBatches() {
        return 1;
    }

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
