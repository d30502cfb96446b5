package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.Int8;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Turns rows into the codes of W8A8. One thread's. */
final class RowCodes {
    /** What is added to a code that becomes an unsigned byte. */
    static final int SHIFT = 128;
    /** How many bytes behind the last code {@link #shifted} may overwrite. */
    static final int MORE_BYTES = 4;
    /** As many bytes as there are floats in a vector, or eight of which the rest is zero. */
    private static final VectorSpecies<Byte> BYTES =
        VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(Long.SIZE, Lanes.COUNT * Byte.SIZE)));

    private final float[] lanes = new float[Lanes.COUNT];

    /** The largest magnitude; NaN if there is one. */
    float largest(final float[] values, final int from, final int count) {
        FloatVector most = FloatVector.zero(FLOATS);
        for (int i = from; i < from + count; i += Lanes.COUNT) {
            most = most.max(FloatVector.fromArray(FLOATS, values, i).abs());
        }
        most.intoArray(lanes, 0);
        return Int8.largest(lanes, lanes.length);
    }

    /** Replaces values by their codes. */
    static void replace(final float[] values, final int from, final int count, final float inverse) {
        for (int i = from; i < from + count; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, values, i).mul(inverse).add(Int8.TO_WHOLE).sub(Int8.TO_WHOLE)
                .intoArray(values, i);
        }
    }

    /**
     * Writes codes as bytes, {@value #SHIFT} more than they are. A code is the lowest byte of the float it was rounded
     * in; flipping its highest bit adds the shift.
     */
    static void shifted(final float[] values, final int count, final float inverse, final MemorySegment to,
        final long at) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            ((ByteVector)FloatVector.fromArray(FLOATS, values, i).mul(inverse).add(Int8.TO_WHOLE)
                .reinterpretAsInts().convertShape(VectorOperators.I2B, BYTES, 0))
                .lanewise(VectorOperators.XOR, (byte)SHIFT).intoMemorySegment(to, at + i, ORDER);
        }
    }
}
