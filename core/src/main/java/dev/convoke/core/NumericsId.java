package dev.convoke.core;

/**
 * Names a set of bits: two processes with the same numerics id compute the same bits from the same inputs.
 * It covers the rounding rules, not the operand type, which a frame carries separately.
 *
 * @param value as frames carry it: {@code device x 65536 + edition}, where the device is 0 for CPUs
 */
public record NumericsId(int value) {
    /** The canonical order of operations that every CPU backend follows, first edition. */
    public static final NumericsId CANONICAL_1 = new NumericsId(1);

    /** The same but for products of 8-bit integers (W8A8), first edition. */
    public static final NumericsId INT8_1 = new NumericsId(2);

    private static final int DEVICE_BITS = 16;

    /**
     * The order in which the CUDA kernels for one architecture compute. GPUs of another architecture may run other
     * instructions, and so have bits of their own.
     *
     * @param architecture compute capability the kernels were written for: 10 x major + minor
     * @param edition      from 1; raised with each change of the bits
     */
    public static NumericsId cuda(final int architecture, final int edition) {
        return new NumericsId(architecture << DEVICE_BITS | edition);
    }

    @Override
    public String toString() {
        final int device = value >>> DEVICE_BITS;
        final int edition = value & (1 << DEVICE_BITS) - 1;
        if (equals(CANONICAL_1)) {
            return "canonical-1";
        }
        if (equals(INT8_1)) {
            return "int8-1";
        }
        return device == 0 ? "unknown-" + value : "cuda-sm" + device + "-" + edition;
    }
}
