package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One tile of quantised weights as bf16, rounded half away from zero, for several rows to pass over. One thread's;
 * reused.
 */
final class UnpackedTile extends Bf16Tile {
    private static final int HALF_UNIT = 0x8000;

    /** Unpacks a tile. */
    void unpack(final BlockMatrix matrix, final int tile) {
        reserve(matrix.outputs(), matrix.inputs(), tile);
        for (int block = 0; block < matrix.blocks(); block++) {
            final long from = matrix.blockOffsetBytes(tile, block);
            final long to = block * 16L * PAIR_BYTES;
            for (int lane = 0; lane < BlockMatrix.SCALES_BYTES; lane += Lanes.BYTES) {
                if (matrix.stored() == DType.Q8_0) {
                    unpackBytes(matrix.segment(), from + lane, segment(), to + lane);
                } else {
                    unpackNibbles(matrix.segment(), from + lane, segment(), to + lane);
                }
            }
        }
    }

    /** A vector of outputs and 32 inputs; written out, since a method that passes vectors allocates. */
    private static void unpackBytes(final MemorySegment weights, final long from, final MemorySegment to,
        final long at) {
        final FloatVector scale = FloatVector.fromMemorySegment(FLOATS, weights, from, ORDER);
        for (int row = 0; row < 8; row++) {
            final IntVector w = IntVector.fromMemorySegment(INTS, weights,
                from + BlockMatrix.SCALES_BYTES + row * BlockMatrix.ROW_BYTES, ORDER);
            final long pairs = at + 2L * row * PAIR_BYTES;
            final IntVector even0 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 24)
                .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd0 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even0.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd0.and(HIGH_HALF))
                .intoMemorySegment(to, pairs, ORDER);
            final IntVector even1 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 8)
                .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd1 = ((FloatVector)w
                .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even1.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd1.and(HIGH_HALF))
                .intoMemorySegment(to, pairs + PAIR_BYTES, ORDER);
        }
    }

    /** As {@link #unpackBytes} of eight 4-bit integers in a lane. */
    private static void unpackNibbles(final MemorySegment weights, final long from, final MemorySegment to,
        final long at) {
        final FloatVector scale = FloatVector.fromMemorySegment(FLOATS, weights, from, ORDER);
        for (int row = 0; row < 4; row++) {
            final IntVector w = IntVector.fromMemorySegment(INTS, weights,
                from + BlockMatrix.SCALES_BYTES + row * BlockMatrix.ROW_BYTES, ORDER);
            final long pairs = at + 4L * row * PAIR_BYTES;
            final IntVector even0 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 28)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd0 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 24)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even0.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd0.and(HIGH_HALF))
                .intoMemorySegment(to, pairs, ORDER);
            final IntVector even1 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 20)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd1 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even1.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd1.and(HIGH_HALF))
                .intoMemorySegment(to, pairs + PAIR_BYTES, ORDER);
            final IntVector even2 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 12)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd2 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 8)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even2.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd2.and(HIGH_HALF))
                .intoMemorySegment(to, pairs + 2L * PAIR_BYTES, ORDER);
            final IntVector even3 = ((FloatVector)w.lanewise(VectorOperators.LSHL, 4)
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            final IntVector odd3 = ((FloatVector)w
                .lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
                .mul(scale).reinterpretAsInts().add(HALF_UNIT);
            even3.lanewise(VectorOperators.LSHR, Lanes.HALF_BITS).or(odd3.and(HIGH_HALF))
                .intoMemorySegment(to, pairs + 3L * PAIR_BYTES, ORDER);
        }
    }
}
