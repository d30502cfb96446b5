package dev.convoke.tensor.scalar;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The specification of every kernel: one loop per formula, one element at a time, in the order that
 * {@code docs/numerics.md} writes down. Slow, and never to be made faster at the price of a second reading.
 */
public final class ScalarBackend implements KernelBackend {
    private static final int NORM_LANES = 16;

    private final ThreadLocal<ScalarAttention> attention = ThreadLocal.withInitial(ScalarAttention::new);
    private final Int8Products int8Products = new ScalarInt8Products();

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String unsupportedReason() {
        return "";
    }

    @Override
    public int tileOutputs() {
        return 1;
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        return ScalarMatrix.pack(arena, dtype, stacked, throttle);
    }

    @Override
    public Optional<Int8Products> int8Products() {
        return Optional.of(int8Products);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        final ScalarMatrix matrix = (ScalarMatrix)weights;
        for (int output = fromTile; output < toTile; output++) {
            for (int row = fromRow; row < toRow; row++) {
                y.set(row, output, ScalarProduct.dot(matrix.dtype(), x.segment(), (long)row * x.stride(),
                    matrix.segment(), matrix.rowIndex(output), matrix.stride()));
            }
        }
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        final int columns = x.columns();
        for (int row = fromRow; row < toRow; row++) {
            float sum = 0;
            for (int lane = 0; lane < NORM_LANES; lane++) {
                sum += sumOfSquares(x, row, lane);
            }
            final float scale = 1.0f / (float)Math.sqrt(sum / columns + epsilon);
            for (int column = 0; column < columns; column++) {
                y.set(row, column, x.get(row, column) * scale * ElementAccess.read(weight, DType.F32, column));
            }
        }
    }

    private static float sumOfSquares(final RowBuffer x, final int row, final int lane) {
        float sum = 0;
        for (int column = lane; column < x.columns(); column += NORM_LANES) {
            sum = Math.fma(x.get(row, column), x.get(row, column), sum);
        }
        return sum;
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        final int width = y.columns();
        for (int row = fromRow; row < toRow; row++) {
            for (int column = 0; column < width; column++) {
                y.set(row, column, CanonicalMath.silu(gateUp.get(row, column)) * gateUp.get(row, width + column));
            }
        }
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        final int headDim = 2 * table.half();
        for (int row = fromRow; row < toRow; row++) {
            for (int head = 0; head < y.columns(); head += headDim) {
                for (int i = 0; i < table.half(); i++) {
                    rotatePair(x, firstColumn, table, positions[row], y, row, head + i);
                }
            }
        }
    }

    private static void rotatePair(final RowBuffer x, final int firstColumn, final RotaryTable table,
        final int position, final RowBuffer y, final int row, final int column) {
        final int half = table.half();
        final long angle = (long)position * half + column % (2 * half);
        final float cosine = ElementAccess.read(table.cosines(), DType.F32, angle);
        final float sine = ElementAccess.read(table.sines(), DType.F32, angle);
        final float low = x.get(row, firstColumn + column);
        final float high = x.get(row, firstColumn + column + half);
        y.set(row, column, low * cosine - high * sine);
        y.set(row, column + half, high * cosine + low * sine);
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        for (int row = fromRow; row < toRow; row++) {
            for (int column = 0; column < y.columns(); column++) {
                y.set(row, column, x.get(row, firstColumn + column));
            }
        }
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        final int kvHeads = batch.pages().kvHeads();
        final int groupSize = batch.groupSize();
        final ScalarAttention state = attention.get();
        for (int item = fromItem; item < toItem; item++) {
            final int firstHead = item % kvHeads * groupSize;
            for (int queryHead = firstHead; queryHead < firstHead + groupSize; queryHead++) {
                state.attend(batch, item / kvHeads, queryHead);
            }
        }
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        for (int row = fromRow; row < toRow; row++) {
            for (int column = 0; column < residual.columns(); column++) {
                float sum = 0;
                for (int slot = row * slots; slot < (row + 1) * slots; slot++) {
                    sum = Math.fma(weights[slot], slotRows.get(slot, column), sum);
                }
                residual.set(row, column, residual.get(row, column) + sum);
            }
        }
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        for (int row = fromRow; row < toRow; row++) {
            for (int column = 0; column < residual.columns(); column++) {
                residual.set(row, column, residual.get(row, column) + x.get(row, column));
            }
        }
    }
}
