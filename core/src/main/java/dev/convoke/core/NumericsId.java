package dev.convoke.core;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** Edition of the CUDA kernels: raised with each change of them that changes their bits. */
    public static final int CUDA_EDITION = 1;

    /** What {@link #named} knows, for sentences. */
    public static final String KNOWN = CANONICAL_1 + ", " + INT8_1 + ", or cuda-smNN-" + CUDA_EDITION
        + " where NN is a GPU's compute capability, as " + cuda(90, CUDA_EDITION);

    private static final int DEVICE_BITS = 16;
    private static final Pattern CUDA = Pattern.compile("cuda-sm([1-9][0-9]{1,2})-" + CUDA_EDITION);

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

    /** That of a name, as {@link #toString} writes it, if this release computes it anywhere. */
    public static Optional<NumericsId> named(final String name) {
        final Matcher cuda = CUDA.matcher(name);
        return name.equals(CANONICAL_1.toString()) ? Optional.of(CANONICAL_1)
            : name.equals(INT8_1.toString()) ? Optional.of(INT8_1)
            : cuda.matches() ? Optional.of(cuda(Integer.parseInt(cuda.group(1)), CUDA_EDITION)) : Optional.empty();
    }

    /** Whether it is defined for rows of such a type; only the canonical order is for f32. */
    public boolean takes(final DType operand) {
        return operand == DType.BF16 || operand == DType.F32 && equals(CANONICAL_1);
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
