package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes rows as checkpoints hold them: plain element types, and the quantised ones that Convoke makes itself,
 * {@code Q8_0} and {@code Q4_0}. The choice of scales is that of GGUF's reference quantiser, so that the same weights
 * give the same bytes.
 */
public final class BlockEncoder {
    private static final int Q8_MOST = 127;
    private static final int Q4_LEAST = -8;
    private static final int Q4_MOST = 15;
    private static final double Q4_OFFSET = 8.5;

    private BlockEncoder() {
    }

    /** Whether rows of that type can be written. */
    public static boolean writes(final DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16, Q8_0, Q4_0 -> true;
            default -> false;
        };
    }

    /**
     * Writes a row.
     *
     * @param values finite; the first {@code count} are written
     * @param count  whole blocks
     * @param to     where the row's bytes go
     * @param offset of the first
     */
    public static void encode(final DType dtype, final float[] values, final int count, final MemorySegment to,
        final long offset) {
        if (!dtype.isQuantised()) {
            final MemorySegment row = to.asSlice(offset, dtype.bytesOf(count));
            for (int i = 0; i < count; i++) {
                ElementAccess.write(row, dtype, i, values[i]);
            }
            return;
        }
        final int width = dtype.blockElements();
        for (int block = 0; block < dtype.bytesOf(count) / dtype.blockBytes(); block++) {
            final long at = offset + (long)block * dtype.blockBytes();
            switch (dtype) {
                case Q8_0 -> encodeQ8(values, block * width, to, at);
                case Q4_0 -> encodeQ4(values, block * width, to, at);
                default -> throw new IllegalArgumentException("rows of " + dtype + " are only read");
            }
        }
    }

    /** The largest magnitude becomes 127. */
    private static void encodeQ8(final float[] values, final int from, final MemorySegment to, final long offset) {
        final float scale = Math.abs(values[extreme(values, from, 32)]) / Q8_MOST;
        final float inverse = inverse(scale);
        to.set(ElementAccess.SHORT, offset, Float.floatToFloat16(scale));
        for (int i = 0; i < 32; i++) {
            to.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte)roundHalfAway(values[from + i] * inverse));
        }
    }

    /** The value of the largest magnitude becomes -8, whatever its sign: the scale takes that. */
    private static void encodeQ4(final float[] values, final int from, final MemorySegment to, final long offset) {
        final float scale = values[extreme(values, from, 32)] / Q4_LEAST;
        final float inverse = inverse(scale);
        to.set(ElementAccess.SHORT, offset, Float.floatToFloat16(scale));
        for (int i = 0; i < 16; i++) {
            to.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte)(nibble(values[from + i], inverse)
                | nibble(values[from + i + 16], inverse) << 4));
        }
    }

    /** In double precision the product is exact, so that ties do not depend on fused operations. */
    private static int nibble(final float value, final float inverse) {
        return Math.min(Q4_MOST, (int)((double)value * inverse + Q4_OFFSET));
    }

    private static float inverse(final float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    /** Index of the first value of the largest magnitude. */
    private static int extreme(final float[] values, final int from, final int count) {
        int extreme = from;
        for (int i = from + 1; i < from + count; i++) {
            if (Math.abs(values[i]) > Math.abs(values[extreme])) {
                extreme = i;
            }
        }
        return extreme;
    }

    private static int roundHalfAway(final float value) {
        final float magnitude = Math.abs(value);
        final int floor = (int)magnitude;
        final int rounded = magnitude - floor >= 0.5f ? floor + 1 : floor;
        return value < 0 ? -rounded : rounded;
    }
}
