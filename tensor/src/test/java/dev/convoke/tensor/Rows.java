package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Random rows and weights for kernel tests, and their comparison bit by bit. */
public final class Rows {
    private static final float[] SPECIAL = {
        0.0f, -0.0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, -Float.MIN_VALUE,
        0x1.8p-127f, -0x1.8p-127f, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, 1.0f, -1.0f,
    };

    /** Near where sums overflow. */
    private static final double EXTREME = 1e30;

    private Rows() {
    }

    /** The seed of a test, from {@code convoke.test.seed} or new; the message of a failure names it. */
    public static long seed() {
        return Long.getLong("convoke.test.seed", System.nanoTime());
    }

    /** Rows of numbers over a few orders of magnitude. */
    public static RowBuffer random(final Arena arena, final DType dtype, final int rows, final int columns,
        final SplittableRandom random) {
        final RowBuffer buffer = new RowBuffer(arena, dtype, rows, columns);
        fill(buffer, random, 0);
        return buffer;
    }

    /** Fills all rows; about one in {@code specialEvery} elements is an infinity, a NaN, a subnormal or a zero. */
    public static void fill(final RowBuffer buffer, final SplittableRandom random, final int specialEvery) {
        for (int row = 0; row < buffer.capacity(); row++) {
            for (int column = 0; column < buffer.columns(); column++) {
                final boolean special = specialEvery > 0 && random.nextInt(specialEvery) == 0;
                buffer.set(row, column, special ? SPECIAL[random.nextInt(SPECIAL.length)] : number(random));
            }
        }
    }

    /** Between about -4 and 4, smaller ones as likely as larger ones. */
    public static float number(final SplittableRandom random) {
        return (float)((random.nextDouble() - 0.5) * StrictMath.pow(2, random.nextInt(-6, 4)));
    }

    /** A matrix as a checkpoint would hold it, at an address that is a multiple of nothing. */
    public static Tensor weights(final Arena arena, final DType dtype, final int outputs, final int inputs,
        final SplittableRandom random) {
        final long bytes = dtype.bytesOf((long)outputs * inputs);
        final MemorySegment segment = arena.allocate(bytes + 1).asSlice(1, bytes);
        if (dtype.isQuantised()) {
            fillBlocks(segment, dtype, random);
            if (dtype == DType.F8_E4M3) {
                shareScales(segment, inputs);
            }
            return new Tensor("weights", dtype, new long[] {outputs, inputs}, segment);
        }
        for (long i = 0; i < (long)outputs * inputs; i++) {
            ElementAccess.write(segment, dtype, i, number(random));
        }
        return new Tensor("weights", dtype, new long[] {outputs, inputs}, segment);
    }

    /** The types in which rows of that many inputs can be stored. */
    public static List<DType> stored(final int inputs) {
        return Arrays.stream(DType.values()).filter(dtype -> inputs % dtype.blockElements() == 0).toList();
    }

    private static void fillBlocks(final MemorySegment segment, final DType dtype, final SplittableRandom random) {
        for (long i = 0; i < segment.byteSize(); i++) {
            segment.set(ValueLayout.JAVA_BYTE, i, (byte)random.nextInt());
        }
        for (long block = 0; block < segment.byteSize(); block += dtype.blockBytes()) {
            switch (dtype) {
                case MXFP4 -> segment.set(ValueLayout.JAVA_BYTE, block, (byte)random.nextInt(118, 130));
                case F8_E4M3 -> fillE4M3(segment, block, random);
                case Q6_K -> setScale(segment, block + 208, random);
                case Q4_K, Q5_K -> {
                    setScale(segment, block, random);
                    setScale(segment, block + Short.BYTES, random);
                }
                default -> setScale(segment, block, random);
            }
        }
    }

    /** Every band of 128 rows has its scales in common, as where they come from. */
    private static void shareScales(final MemorySegment segment, final int inputs) {
        final long rowBytes = DType.F8_E4M3.bytesOf(inputs);
        for (long at = 0; at < segment.byteSize(); at += DType.F8_E4M3.blockBytes()) {
            final long row = at / rowBytes;
            segment.set(ElementAccess.FLOAT, at, segment.get(ElementAccess.FLOAT, at - row % 128 * rowBytes));
        }
    }

    /** None is NaN. */
    private static void fillE4M3(final MemorySegment segment, final long block, final SplittableRandom random) {
        segment.set(ElementAccess.FLOAT, block, number(random) / 64);
        for (long i = block + Float.BYTES; i < block + DType.F8_E4M3.blockBytes(); i++) {
            segment.set(ValueLayout.JAVA_BYTE, i, (byte)(random.nextInt(2) << 7 | random.nextInt(0x70)));
        }
    }

    private static void setScale(final MemorySegment segment, final long offset, final SplittableRandom random) {
        segment.set(ElementAccess.SHORT, offset, Float.floatToFloat16(number(random) / 64));
    }

    /** A vector of f32. */
    public static MemorySegment vector(final Arena arena, final int length, final SplittableRandom random) {
        final MemorySegment segment = arena.allocate((long)length * Float.BYTES, 64);
        for (int i = 0; i < length; i++) {
            ElementAccess.write(segment, DType.F32, i, number(random));
        }
        return segment;
    }

    /** One of them. */
    public static <T> T oneOf(final SplittableRandom random, final List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Fills rows with a NaN that no kernel makes, so that what is not written shows. */
    public static void poison(final RowBuffer rows) {
        for (int row = 0; row < rows.capacity(); row++) {
            for (int column = 0; column < rows.columns(); column++) {
                rows.set(row, column, Float.NaN);
            }
        }
    }

    /**
     * Rows that differ by at most a share of their norm, {@code |actual - expected| <= tolerance x |expected|}, and
     * nothing in the padding. A row that holds or comes near infinities and NaNs must hold some where the other does:
     * which of the two an overflow ends in depends on the order of summation.
     */
    public static void assertClose(final RowBuffer expected, final RowBuffer actual, final double tolerance,
        final String what) {
        for (int row = 0; row < expected.capacity(); row++) {
            double difference = 0;
            double norm = 0;
            for (int column = 0; column < expected.columns(); column++) {
                final double want = expected.get(row, column);
                final double have = actual.get(row, column);
                if (isExtreme(want)) {
                    if (!isExtreme(have)) {
                        throw new AssertionError(what + ": row " + row + " column " + column + " is " + have
                            + " and not " + want);
                    }
                } else {
                    difference += (have - want) * (have - want);
                    norm += want * want;
                }
            }
            if (!(Math.sqrt(difference) <= tolerance * Math.sqrt(norm) + Float.MIN_NORMAL)) {
                throw new AssertionError(what + ": row " + row + " is off by " + Math.sqrt(difference)
                    + ", its norm is " + Math.sqrt(norm));
            }
            assertPaddingZero(actual, row, what);
        }
    }

    private static boolean isExtreme(final double value) {
        return !(Math.abs(value) < EXTREME);
    }

    private static void assertPaddingZero(final RowBuffer rows, final int row, final String what) {
        for (int column = rows.columns(); column < rows.stride(); column++) {
            if (Float.floatToRawIntBits(rows.get(row, column)) != 0) {
                throw new AssertionError(what + ": padding of row " + row + " was written");
            }
        }
    }

    /** The same bits in all rows, where one NaN is as good as another, and nothing in the padding. */
    public static void assertSameBits(final RowBuffer expected, final RowBuffer actual, final String what) {
        for (int row = 0; row < expected.capacity(); row++) {
            for (int column = 0; column < expected.columns(); column++) {
                final float want = expected.get(row, column);
                final float have = actual.get(row, column);
                if (Float.floatToIntBits(want) != Float.floatToIntBits(have)) {
                    throw new AssertionError(what + ": row " + row + " column " + column + " is "
                        + Float.toHexString(have) + " and not " + Float.toHexString(want));
                }
            }
            assertPaddingZero(actual, row, what);
        }
    }

    /** A hash of every byte, NaNs made equal. */
    public static long hash(final RowBuffer rows) {
        long hash = 1;
        for (int row = 0; row < rows.capacity(); row++) {
            for (int column = 0; column < rows.stride(); column++) {
                final int bits = column < rows.columns() ? Float.floatToIntBits(rows.get(row, column)) : 0;
                hash = hash * 0x9E37_79B9_7F4A_7C15L + bits;
                hash ^= hash >>> 29;
            }
        }
        return hash;
    }
}
