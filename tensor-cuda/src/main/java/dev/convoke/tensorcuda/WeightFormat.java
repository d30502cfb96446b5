package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/** How packed weights lie in the GPU's memory; numbers and sizes are those of {@code src/main/cuda/README.md}. */
enum WeightFormat {
    /** Of every type that has no format of its own. */
    BF16(0, "bf16", 16384),
    /** E4M3 with a scale for each 128 x 128. */
    FP8(1, "fp8", 8256),
    /** GGUF's MXFP4. */
    MXFP4(2, "mxfp4", 4352),
    /** GGUF's Q4_0. */
    INT4(3, "int4", 5120);

    private static final WeightFormat[] ALL = values();
    /** How many there are. */
    static final int COUNT = ALL.length;

    private final int number;
    private final String suffix;
    private final int blockBytes;

    WeightFormat(final int number, final String suffix, final int blockBytes) {
        this.number = number;
        this.suffix = suffix;
        this.blockBytes = blockBytes;
    }

    /** What an expert with weights of these types is packed in: all of it in one format. */
    static WeightFormat of(final List<DType> stored) {
        final DType first = stored.getFirst();
        if (!stored.stream().allMatch(first::equals)) {
            return BF16;
        }
        return switch (first) {
            case F8_E4M3 -> FP8;
            case MXFP4 -> MXFP4;
            case Q4_0 -> INT4;
            default -> BF16;
        };
    }

    /** The same of an expert's tensors, whose scales have to suit the format, too. */
    static WeightFormat of(final Tensor gate, final Tensor up, final Tensor down) {
        final WeightFormat format = of(List.of(gate.dtype(), up.dtype(), down.dtype()));
        return format != FP8 || Stream.of(gate, up, down).allMatch(BlockScales::suitKernels) ? format : BF16;
    }

    /** One of them. */
    static WeightFormat at(final int index) {
        return ALL[index];
    }

    /** As kernels are told. */
    int number() {
        return number;
    }

    /** Whether scales are packed from memory of their own. */
    boolean hasScalesApart() {
        return this == FP8 || this == MXFP4;
    }

    /** The kernel that multiplies with them. */
    String kernel() {
        return "convoke_grouped_" + suffix;
    }

    /** Bytes of a block, scales included. */
    int blockBytes() {
        return blockBytes;
    }

    /** Bytes of so many weights, padding aside. */
    long bytes(final long weights) {
        return weights / WeightLayout.BLOCK_WEIGHTS * blockBytes
            + weights % WeightLayout.BLOCK_WEIGHTS * blockBytes / WeightLayout.BLOCK_WEIGHTS;
    }
}
