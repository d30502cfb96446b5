package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the blocks of quantised tensors stand for, in f32 and without rounding but for the products written here. The
 * layouts are those of GGUF, where it has the type: a nibble's low half comes first.
 */
final class QuantisedBlocks {
    private static final int SUB_BLOCK = 32;
    /** Twice the values of E2M1, so that they are whole; the scale is halved for it. */
    private static final byte[] E2M1_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    private static final int HALF_ONE_EXPONENT = 0x0020_0000;
    private static final float[] E4M3 = e4m3();

    private QuantisedBlocks() {
    }

    /** Decodes the whole block at an offset. */
    static void decode(final DType dtype, final MemorySegment segment, final long offset, final float[] to,
        final int at) {
        switch (dtype) {
            case Q8_0 -> decodeQ8(segment, offset, to, at);
            case Q4_0 -> decodeQ4(segment, offset, to, at);
            case Q4_K -> decodeQ4K(segment, offset, to, at);
            case Q5_K -> decodeQ5K(segment, offset, to, at);
            case Q6_K -> decodeQ6K(segment, offset, to, at);
            case MXFP4 -> decodeMxFp4(segment, offset, to, at);
            case F8_E4M3 -> decodeE4M3(segment, offset, to, at);
            default -> throw new IllegalArgumentException(dtype + " is not quantised");
        }
    }

    /**
     * <pre>
     *   0  scale, f16
     *   2  32 x int8                   value = scale * q
     * </pre>
     */
    private static void decodeQ8(final MemorySegment segment, final long offset, final float[] to, final int at) {
        final float scale = half(segment, offset);
        for (int i = 0; i < 32; i++) {
            to[at + i] = segment.get(ValueLayout.JAVA_BYTE, offset + 2 + i) * scale;
        }
    }

    /**
     * <pre>
     *   0  scale, f16
     *   2  16 bytes: element i low, element i + 16 high    value = scale * (q - 8)
     * </pre>
     */
    private static void decodeQ4(final MemorySegment segment, final long offset, final float[] to, final int at) {
        final float scale = half(segment, offset);
        for (int i = 0; i < 16; i++) {
            final int pair = unsigned(segment, offset + 2 + i);
            to[at + i] = ((pair & 15) - 8) * scale;
            to[at + i + 16] = ((pair >> 4) - 8) * scale;
        }
    }

    /**
     * <pre>
     *    0  scale, f16;  2  minimum, f16
     *    4  12 bytes: eight 6-bit scales and minima
     *   16  128 bytes: of each 64 elements, the first 32 low and the last 32 high
     *       value = scale * s * q - minimum * m
     * </pre>
     */
    private static void decodeQ4K(final MemorySegment segment, final long offset, final float[] to, final int at) {
        for (int sub = 0; sub < 8; sub++) {
            final float scale = half(segment, offset) * subScale(segment, offset + 4, sub);
            final float minimum = half(segment, offset + 2) * subMinimum(segment, offset + 4, sub);
            final long quants = offset + 16 + (long)(sub / 2) * SUB_BLOCK;
            final int shift = sub % 2 * 4;
            for (int i = 0; i < SUB_BLOCK; i++) {
                to[at + sub * SUB_BLOCK + i] = scale * (unsigned(segment, quants + i) >> shift & 15) - minimum;
            }
        }
    }

    /**
     * <pre>
     *    0  scale, f16;  2  minimum, f16
     *    4  12 bytes: eight 6-bit scales and minima
     *   16  32 bytes: bit s of byte i is the fifth bit of element i of sub-block s
     *   48  128 bytes as of Q4_K
     * </pre>
     */
    private static void decodeQ5K(final MemorySegment segment, final long offset, final float[] to, final int at) {
        for (int sub = 0; sub < 8; sub++) {
            final float scale = half(segment, offset) * subScale(segment, offset + 4, sub);
            final float minimum = half(segment, offset + 2) * subMinimum(segment, offset + 4, sub);
            final long quants = offset + 48 + (long)(sub / 2) * SUB_BLOCK;
            final int shift = sub % 2 * 4;
            for (int i = 0; i < SUB_BLOCK; i++) {
                final int fifth = (unsigned(segment, offset + 16 + i) >> sub & 1) << 4;
                final int quant = unsigned(segment, quants + i) >> shift & 15;
                to[at + sub * SUB_BLOCK + i] = scale * (quant | fifth) - minimum;
            }
        }
    }

    /**
     * <pre>
     *     0  128 bytes: lower four bits;  128  64 bytes: upper two bits
     *   192  16 x int8 scales, one for 16 elements;  208  scale, f16
     *        value = scale * s * (q - 32)
     * </pre>
     * Each half of 128 elements takes 64 and 32 bytes: byte l of the lower bits holds elements l and l + 64, byte l of
     * the upper bits elements l, l + 32, l + 64 and l + 96.
     */
    private static void decodeQ6K(final MemorySegment segment, final long offset, final float[] to, final int at) {
        final float scale = half(segment, offset + 208);
        for (int i = 0; i < 256; i++) {
            final int inHalf = i % 128;
            final long low = offset + (long)(i / 128) * 64 + inHalf % 64;
            final long high = offset + 128 + (long)(i / 128) * 32 + inHalf % 32;
            final int quant = (unsigned(segment, low) >> (inHalf / 64 * 4) & 15)
                | (unsigned(segment, high) >> (inHalf / 32 * 2) & 3) << 4;
            to[at + i] = scale * segment.get(ValueLayout.JAVA_BYTE, offset + 192 + i / 16) * (quant - 32);
        }
    }

    /**
     * <pre>
     *   0  exponent e, E8M0
     *   1  16 bytes as of Q4_0                         value = E2M1(q) * 2^(e - 127)
     * </pre>
     */
    private static void decodeMxFp4(final MemorySegment segment, final long offset, final float[] to, final int at) {
        final int exponent = unsigned(segment, offset);
        final float halfScale = Float.intBitsToFloat(
            exponent < 2 ? HALF_ONE_EXPONENT << exponent : exponent - 1 << 23);
        for (int i = 0; i < 16; i++) {
            final int pair = unsigned(segment, offset + 1 + i);
            to[at + i] = E2M1_DOUBLED[pair & 15] * halfScale;
            to[at + i + 16] = E2M1_DOUBLED[pair >> 4] * halfScale;
        }
    }

    /**
     * <pre>
     *   0  scale, f32
     *   4  128 x E4M3                  value = E4M3(q) * scale
     * </pre>
     */
    private static void decodeE4M3(final MemorySegment segment, final long offset, final float[] to, final int at) {
        final float scale = segment.get(ElementAccess.FLOAT, offset);
        for (int i = 0; i < 128; i++) {
            to[at + i] = E4M3[unsigned(segment, offset + Float.BYTES + i)] * scale;
        }
    }

    /** Sign, four bits of exponent with bias 7, three of mantissa; all ones are NaN, nothing is infinite. */
    private static float[] e4m3() {
        final float[] values = new float[256];
        for (int bits = 0; bits < values.length; bits++) {
            final int exponent = bits >> 3 & 15;
            final int mantissa = bits & 7;
            final float size = exponent == 0 ? Math.scalb(mantissa, -9) : Math.scalb(8 + mantissa, exponent - 10);
            values[bits] = (bits & 127) == 127 ? Float.NaN : bits < 128 ? size : -size;
        }
        return values;
    }

    /** Of eight scales the first four lie in bytes 0-3, the upper two bits of the others above them. */
    private static int subScale(final MemorySegment segment, final long packed, final int sub) {
        return sub < 4 ? unsigned(segment, packed + sub) & 63
            : unsigned(segment, packed + sub + 4) & 15 | unsigned(segment, packed + sub - 4) >> 6 << 4;
    }

    /** As the scales, one group of four bytes further on. */
    private static int subMinimum(final MemorySegment segment, final long packed, final int sub) {
        return sub < 4 ? unsigned(segment, packed + sub + 4) & 63
            : unsigned(segment, packed + sub + 4) >> 4 | unsigned(segment, packed + sub) >> 6 << 4;
    }

    private static float half(final MemorySegment segment, final long offset) {
        return Float.float16ToFloat(segment.get(ElementAccess.SHORT, offset));
    }

    private static int unsigned(final MemorySegment segment, final long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }
}
