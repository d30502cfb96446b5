package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.core.DType;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One row times quantised weights, unpacked in registers on the way: an integer becomes a float, is multiplied by its
 * scale and rounded half away from zero to bf16. Every weight is read once. The loops are written out because a method
 * that passes vectors is not inlined and allocates.
 */
final class BlockRowProduct {
    private static final int HALF_UNIT = 0x8000;
    private static final int BYTES_BLOCK = BlockMatrix.blockBytes(DType.Q8_0);
    private static final int NIBBLES_BLOCK = BlockMatrix.blockBytes(DType.Q4_0);

    private BlockRowProduct() {
    }

    /**
     * The products of a row with two neighbouring vectors of outputs of a tile.
     *
     * @param lane byte offset of the first vector in its tile's scales
     * @param x    the row, widened
     * @param sums [2 vectors][lane], overwritten
     */
    static void multiply(final BlockMatrix matrix, final int tile, final int lane, final float[] x,
        final float[] sums) {
        final long at = matrix.blockOffsetBytes(tile, 0) + lane;
        if (matrix.stored() == DType.Q8_0) {
            bytes(matrix.segment(), at, matrix.blocks(), x, sums);
        } else {
            nibbles(matrix.segment(), at, matrix.blocks(), x, sums);
        }
    }

    /** Four 8-bit integers in a lane. */
    private static void bytes(final MemorySegment weights, final long at, final int blocks, final float[] x,
        final float[] sums) {
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        for (int block = 0; block < blocks; block++) {
            final long from = at + (long)block * BYTES_BLOCK;
            final FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, weights, from, ORDER);
            final FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, weights, from + Lanes.BYTES, ORDER);
            FloatVector even0 = FloatVector.zero(FLOATS);
            FloatVector odd0 = FloatVector.zero(FLOATS);
            FloatVector even1 = FloatVector.zero(FLOATS);
            FloatVector odd1 = FloatVector.zero(FLOATS);
            for (int row = 0; row < 8; row++) {
                final long w = from + BlockMatrix.SCALES_BYTES + row * BlockMatrix.ROW_BYTES;
                final int k = block * RowBuffer.BLOCK + 4 * row;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector x0 = FloatVector.broadcast(FLOATS, x[k]);
                even0 = x0.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x0.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x1 = FloatVector.broadcast(FLOATS, x[k + 1]);
                odd0 = x1.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x1.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
                final FloatVector x2 = FloatVector.broadcast(FLOATS, x[k + 2]);
                even0 = x2.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x2.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x3 = FloatVector.broadcast(FLOATS, x[k + 3]);
                odd0 = x3.fma(((FloatVector)w0.lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x3.fma(((FloatVector)w1.lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
            }
            sum0 = sum0.add(even0.add(odd0));
            sum1 = sum1.add(even1.add(odd1));
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.COUNT);
    }

    /** Eight 4-bit integers in a lane. */
    private static void nibbles(final MemorySegment weights, final long at, final int blocks, final float[] x,
        final float[] sums) {
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        for (int block = 0; block < blocks; block++) {
            final long from = at + (long)block * NIBBLES_BLOCK;
            final FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, weights, from, ORDER);
            final FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, weights, from + Lanes.BYTES, ORDER);
            FloatVector even0 = FloatVector.zero(FLOATS);
            FloatVector odd0 = FloatVector.zero(FLOATS);
            FloatVector even1 = FloatVector.zero(FLOATS);
            FloatVector odd1 = FloatVector.zero(FLOATS);
            for (int row = 0; row < 4; row++) {
                final long w = from + BlockMatrix.SCALES_BYTES + row * BlockMatrix.ROW_BYTES;
                final int k = block * RowBuffer.BLOCK + 8 * row;
                final IntVector w0 = IntVector.fromMemorySegment(INTS, weights, w, ORDER);
                final IntVector w1 = IntVector.fromMemorySegment(INTS, weights, w + Lanes.BYTES, ORDER);
                final FloatVector x0 = FloatVector.broadcast(FLOATS, x[k]);
                even0 = x0.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 28).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x0.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 28).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x1 = FloatVector.broadcast(FLOATS, x[k + 1]);
                odd0 = x1.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x1.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
                final FloatVector x2 = FloatVector.broadcast(FLOATS, x[k + 2]);
                even0 = x2.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 20).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x2.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 20).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x3 = FloatVector.broadcast(FLOATS, x[k + 3]);
                odd0 = x3.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x3.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
                final FloatVector x4 = FloatVector.broadcast(FLOATS, x[k + 4]);
                even0 = x4.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 12).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x4.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 12).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x5 = FloatVector.broadcast(FLOATS, x[k + 5]);
                odd0 = x5.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x5.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
                final FloatVector x6 = FloatVector.broadcast(FLOATS, x[k + 6]);
                even0 = x6.fma(((FloatVector)w0.lanewise(VectorOperators.LSHL, 4).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even0);
                even1 = x6.fma(((FloatVector)w1.lanewise(VectorOperators.LSHL, 4).lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), even1);
                final FloatVector x7 = FloatVector.broadcast(FLOATS, x[k + 7]);
                odd0 = x7.fma(((FloatVector)w0.lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale0).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd0);
                odd1 = x7.fma(((FloatVector)w1.lanewise(VectorOperators.ASHR, 28)
                    .convert(VectorOperators.I2F, 0)).mul(scale1).reinterpretAsInts().add(HALF_UNIT).and(HIGH_HALF)
                    .reinterpretAsFloats(), odd1);
            }
            sum0 = sum0.add(even0.add(odd0));
            sum1 = sum1.add(even1.add(odd1));
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, Lanes.COUNT);
    }
}
