package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOAT;
import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.core.DType;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Kernels that go along rows, one row a call, lanes across columns. A row's result is made in an array of whole vectors
 * and its columns are then stored. One thread's; reused, growing to the widest row it meets.
 */
final class VectorRows {
    private static final int NORM_LANES = 16;

    private final float[] lanes = new float[NORM_LANES];
    private float[] a = new float[0];
    private float[] b = new float[0];
    private float[] c = new float[0];

    private void reserve(final int columns) {
        final int length = Lanes.padded(columns);
        if (a.length < length) {
            a = new float[length];
            b = new float[length];
            c = new float[length];
        }
    }

    void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int row) {
        final int columns = x.columns();
        reserve(columns);
        Conversion.load(x.segment(), DType.F32, (long)row * x.stride(), x.stride(), a, 0);
        final float scale = 1.0f / (float)Math.sqrt(sumOfSquares(a, x.stride(), lanes) / columns + epsilon);
        Conversion.load(weight, DType.F32, 0, columns, b, 0);
        for (int i = 0; i < columns; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, a, i).mul(scale).mul(FloatVector.fromArray(FLOATS, b, i)).intoArray(c, i);
        }
        Conversion.store(c, 0, columns, y.segment(), y.dtype(), (long)row * y.stride());
    }

    /** The padding of a row is zero and adds nothing. */
    private static float sumOfSquares(final float[] values, final int length, final float[] lanes) {
        for (int lane = 0; lane < NORM_LANES; lane += Lanes.COUNT) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int i = lane; i < length; i += NORM_LANES) {
                final FloatVector v = FloatVector.fromArray(FLOATS, values, i);
                sum = v.fma(v, sum);
            }
            sum.intoArray(lanes, lane);
        }
        float sum = 0;
        for (int lane = 0; lane < NORM_LANES; lane++) {
            sum += lanes[lane];
        }
        return sum;
    }

    void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int row) {
        final int width = y.columns();
        reserve(width);
        final long from = (long)row * gateUp.stride();
        Conversion.load(gateUp.segment(), DType.F32, from, width, a, 0);
        Conversion.load(gateUp.segment(), DType.F32, from + width, width, b, 0);
        for (int i = 0; i < width; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, a, i).neg().intoArray(c, i);
        }
        Exponential.apply(c, Lanes.padded(width));
        for (int i = 0; i < width; i += Lanes.COUNT) {
            final FloatVector divisor = FloatVector.fromArray(FLOATS, c, i).add(1.0f);
            FloatVector.fromArray(FLOATS, a, i).div(divisor).mul(FloatVector.fromArray(FLOATS, b, i)).intoArray(c, i);
        }
        Conversion.store(c, 0, width, y.segment(), y.dtype(), (long)row * y.stride());
    }

    /** All heads of a row. */
    void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int position,
        final RowBuffer y, final int row) {
        final int columns = y.columns();
        reserve(columns);
        Conversion.load(x.segment(), DType.F32, (long)row * x.stride() + firstColumn, columns, a, 0);
        for (int head = 0; head < columns; head += 2 * table.half()) {
            rotateHead(a, head, table, (long)position * table.half() * Float.BYTES, c);
        }
        Conversion.store(c, 0, columns, y.segment(), y.dtype(), (long)row * y.stride());
    }

    private static void rotateHead(final float[] x, final int head, final RotaryTable table, final long angles,
        final float[] y) {
        final int half = table.half();
        final MemorySegment cosines = table.cosines();
        final MemorySegment sines = table.sines();
        int i = 0;
        for (; i + Lanes.COUNT <= half; i += Lanes.COUNT) {
            final long angle = angles + (long)i * Float.BYTES;
            final FloatVector cosine = FloatVector.fromMemorySegment(FLOATS, cosines, angle, ORDER);
            final FloatVector sine = FloatVector.fromMemorySegment(FLOATS, sines, angle, ORDER);
            final FloatVector low = FloatVector.fromArray(FLOATS, x, head + i);
            final FloatVector high = FloatVector.fromArray(FLOATS, x, head + i + half);
            low.mul(cosine).sub(high.mul(sine)).intoArray(y, head + i);
            high.mul(cosine).add(low.mul(sine)).intoArray(y, head + i + half);
        }
        for (; i < half; i++) {
            final float cosine = cosines.get(FLOAT, angles + (long)i * Float.BYTES);
            final float sine = sines.get(FLOAT, angles + (long)i * Float.BYTES);
            final float low = x[head + i];
            final float high = x[head + i + half];
            y[head + i] = low * cosine - high * sine;
            y[head + i + half] = high * cosine + low * sine;
        }
    }

    void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int row) {
        final int columns = y.columns();
        reserve(columns);
        Conversion.load(x.segment(), DType.F32, (long)row * x.stride() + firstColumn, columns, a, 0);
        Conversion.store(a, 0, columns, y.segment(), y.dtype(), (long)row * y.stride());
    }

    void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int row) {
        final int columns = residual.columns();
        reserve(columns);
        Arrays.fill(c, 0, Lanes.padded(columns), 0);
        for (int slot = row * slots; slot < (row + 1) * slots; slot++) {
            Conversion.load(slotRows.segment(), slotRows.dtype(), (long)slot * slotRows.stride(), columns, a, 0);
            addScaled(a, weights[slot], c, columns);
        }
        addTo(residual, row, c, columns);
    }

    private static void addScaled(final float[] values, final float weight, final float[] sums, final int columns) {
        for (int i = 0; i < columns; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, values, i)
                .fma(FloatVector.broadcast(FLOATS, weight), FloatVector.fromArray(FLOATS, sums, i)).intoArray(sums, i);
        }
    }

    void add(final RowBuffer x, final RowBuffer residual, final int row) {
        final int columns = residual.columns();
        reserve(columns);
        Conversion.load(x.segment(), DType.F32, (long)row * x.stride(), columns, c, 0);
        addTo(residual, row, c, columns);
    }

    private void addTo(final RowBuffer residual, final int row, final float[] values, final int columns) {
        final long at = (long)row * residual.stride();
        Conversion.load(residual.segment(), DType.F32, at, columns, b, 0);
        for (int i = 0; i < columns; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, b, i).add(FloatVector.fromArray(FLOATS, values, i)).intoArray(b, i);
        }
        Conversion.store(b, 0, columns, residual.segment(), DType.F32, at);
    }
}
