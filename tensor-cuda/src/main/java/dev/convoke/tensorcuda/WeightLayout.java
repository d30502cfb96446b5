package dev.convoke.tensorcuda;

/**
 * Sizes of packed weights, as {@code src/main/cuda/README.md} lays them out: tiles of 128 packed rows by blocks of
 * 64 inputs. Gate and up are one matrix, their rows alternating by eights.
 */
final class WeightLayout {
    /** Packed rows of a tile. */
    static final int TILE_ROWS = 128;
    /** Inputs of a block. */
    static final int BLOCK_INPUTS = 64;
    /** Weights of a block. */
    static final int BLOCK_WEIGHTS = TILE_ROWS * BLOCK_INPUTS;
    /** Every matrix starts at a multiple of this. */
    static final int ALIGNMENT = 128;

    private WeightLayout() {
    }

    /** Bytes of a matrix [outputs, inputs]. */
    static long plainBytes(final WeightFormat format, final int outputs, final int inputs) {
        return bytes(format, outputs, inputs);
    }

    /** Bytes of gate and up, each [width, inputs]. */
    static long gatedBytes(final WeightFormat format, final int width, final int inputs) {
        return bytes(format, 2 * up(width, BLOCK_INPUTS), inputs);
    }

    private static long bytes(final WeightFormat format, final int packedRows, final int inputs) {
        return (long)Math.ceilDiv(packedRows, TILE_ROWS) * Math.ceilDiv(inputs, BLOCK_INPUTS) * format.blockBytes();
    }

    /** {@code value} rounded up to a multiple. */
    static int up(final int value, final int multiple) {
        return Math.ceilDiv(value, multiple) * multiple;
    }
}
