package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Kernels that go along rows, one row a call, lanes across columns. Columns that do not fill a vector are computed one
 * by one with the same operations. Stateless.
 */
final class VectorRows {
    private static final int NORM_LANES = 16;

    private VectorRows() {
    }

    /** @param lanes scratch, 16 floats */
    static void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int row, final float[] lanes) {
        final int columns = x.columns();
        final long from = (long)row * x.stride();
        final long to = (long)row * y.stride();
        final float scale = 1.0f / (float)Math.sqrt(sumOfSquares(x, from, lanes) / columns + epsilon);
        int column = 0;
        for (; column + Lanes.COUNT <= columns; column += Lanes.COUNT) {
            final FloatVector scaled = Lanes.floats(x.segment(), (from + column) * Float.BYTES).mul(scale);
            final FloatVector weights = Lanes.floats(weight, (long)column * Float.BYTES);
            Lanes.store(scaled.mul(weights), y.segment(), y.dtype(), to + column);
        }
        for (; column < columns; column++) {
            y.set(row, column, x.get(row, column) * scale * weight.get(Lanes.FLOAT, (long)column * Float.BYTES));
        }
    }

    /** The padding of a row is zero and adds nothing. */
    private static float sumOfSquares(final RowBuffer x, final long from, final float[] lanes) {
        final MemorySegment segment = x.segment();
        final int stride = x.stride();
        for (int lane = 0; lane < NORM_LANES; lane += Lanes.COUNT) {
            FloatVector sum = Lanes.zero();
            for (int column = lane; column < stride; column += NORM_LANES) {
                final FloatVector values = Lanes.floats(segment, (from + column) * Float.BYTES);
                sum = values.fma(values, sum);
            }
            sum.intoArray(lanes, lane);
        }
        float sum = 0;
        for (int lane = 0; lane < NORM_LANES; lane++) {
            sum += lanes[lane];
        }
        return sum;
    }

    static void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int row) {
        final int width = y.columns();
        final MemorySegment segment = gateUp.segment();
        final long from = gateUp.rowOffsetBytes(row);
        final long to = (long)row * y.stride();
        int column = 0;
        for (; column + Lanes.COUNT <= width; column += Lanes.COUNT) {
            final FloatVector gate = Lanes.floats(segment, from + (long)column * Float.BYTES);
            final FloatVector up = Lanes.floats(segment, from + (long)(width + column) * Float.BYTES);
            Lanes.store(Lanes.silu(gate).mul(up), y.segment(), y.dtype(), to + column);
        }
        for (; column < width; column++) {
            y.set(row, column, CanonicalMath.silu(gateUp.get(row, column)) * gateUp.get(row, width + column));
        }
    }

    /** Rotates one head, which begins at {@code xColumn} of {@code x} and goes to {@code yColumn} of {@code y}. */
    static void rotate(final RowBuffer x, final int xColumn, final RotaryTable table, final int position,
        final RowBuffer y, final int yColumn, final int row) {
        final int half = table.half();
        final long angles = (long)position * half * Float.BYTES;
        final long from = x.rowOffsetBytes(row) + (long)xColumn * Float.BYTES;
        final long to = (long)row * y.stride() + yColumn;
        int i = 0;
        for (; i + Lanes.COUNT <= half; i += Lanes.COUNT) {
            final FloatVector cosine = Lanes.floats(table.cosines(), angles + (long)i * Float.BYTES);
            final FloatVector sine = Lanes.floats(table.sines(), angles + (long)i * Float.BYTES);
            final FloatVector low = Lanes.floats(x.segment(), from + (long)i * Float.BYTES);
            final FloatVector high = Lanes.floats(x.segment(), from + (long)(i + half) * Float.BYTES);
            Lanes.store(low.mul(cosine).sub(high.mul(sine)), y.segment(), y.dtype(), to + i);
            Lanes.store(high.mul(cosine).add(low.mul(sine)), y.segment(), y.dtype(), to + i + half);
        }
        for (; i < half; i++) {
            final float cosine = table.cosines().get(Lanes.FLOAT, angles + (long)i * Float.BYTES);
            final float sine = table.sines().get(Lanes.FLOAT, angles + (long)i * Float.BYTES);
            final float low = x.get(row, xColumn + i);
            final float high = x.get(row, xColumn + i + half);
            y.set(row, yColumn + i, low * cosine - high * sine);
            y.set(row, yColumn + i + half, high * cosine + low * sine);
        }
    }

    static void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int row) {
        final int columns = y.columns();
        final long from = x.rowOffsetBytes(row) + (long)firstColumn * Float.BYTES;
        final long to = (long)row * y.stride();
        int column = 0;
        for (; column + Lanes.COUNT <= columns; column += Lanes.COUNT) {
            Lanes.store(Lanes.floats(x.segment(), from + (long)column * Float.BYTES), y.segment(), y.dtype(),
                to + column);
        }
        for (; column < columns; column++) {
            y.set(row, column, x.get(row, firstColumn + column));
        }
    }

    static void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int row) {
        final int columns = residual.columns();
        final MemorySegment segment = residual.segment();
        final DType dtype = slotRows.dtype();
        final int firstSlot = row * slots;
        final int endSlot = firstSlot + slots;
        final long to = residual.rowOffsetBytes(row);
        int column = 0;
        for (; column + Lanes.COUNT <= columns; column += Lanes.COUNT) {
            FloatVector sum = Lanes.zero();
            for (int slot = firstSlot; slot < endSlot; slot++) {
                sum = Lanes.load(slotRows.segment(), dtype, (long)slot * slotRows.stride() + column)
                    .fma(Lanes.all(weights[slot]), sum);
            }
            final long at = to + (long)column * Float.BYTES;
            Lanes.store(Lanes.floats(segment, at).add(sum), segment, DType.F32, at / Float.BYTES);
        }
        for (; column < columns; column++) {
            float sum = 0;
            for (int slot = firstSlot; slot < endSlot; slot++) {
                sum = Math.fma(weights[slot], slotRows.get(slot, column), sum);
            }
            residual.set(row, column, residual.get(row, column) + sum);
        }
    }

    static void add(final RowBuffer x, final RowBuffer residual, final int row) {
        final int columns = residual.columns();
        final long from = x.rowOffsetBytes(row);
        final long to = (long)row * residual.stride();
        int column = 0;
        for (; column + Lanes.COUNT <= columns; column += Lanes.COUNT) {
            final FloatVector sum = Lanes.floats(residual.segment(), (to + column) * Float.BYTES)
                .add(Lanes.floats(x.segment(), from + (long)column * Float.BYTES));
            Lanes.store(sum, residual.segment(), DType.F32, to + column);
        }
        for (; column < columns; column++) {
            residual.set(row, column, residual.get(row, column) + x.get(row, column));
        }
    }
}
