package dev.convoke.checkpoint.gguf;

import dev.convoke.core.DType;
import java.util.Arrays;
import java.util.Optional;

/**
 * One line of a file's tensor table.
 *
 * @param name   of the tensor
 * @param type   number of its type
 * @param shape  outermost dimension first, unlike in the file
 * @param offset of its first byte from the beginning of the tensors' bytes
 */
record GgufEntry(String name, int type, long[] shape, long offset) {
    private static final String[] NAMES = {"F32", "F16", "Q4_0", "Q4_1", "4", "5", "Q5_0", "Q5_1", "Q8_0", "Q8_1",
        "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
        "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "31", "32", "33", "TQ1_0", "TQ2_0",
        "36", "37", "38", "MXFP4", "NVFP4"};

    /** The element type where it is one that can be read. */
    Optional<DType> elementType() {
        return switch (typeName()) {
            case "F32" -> Optional.of(DType.F32);
            case "F16" -> Optional.of(DType.F16);
            case "BF16" -> Optional.of(DType.BF16);
            case "Q8_0" -> Optional.of(DType.Q8_0);
            case "Q4_0" -> Optional.of(DType.Q4_0);
            case "Q4_K" -> Optional.of(DType.Q4_K);
            case "Q5_K" -> Optional.of(DType.Q5_K);
            case "Q6_K" -> Optional.of(DType.Q6_K);
            case "MXFP4" -> Optional.of(DType.MXFP4);
            default -> Optional.empty();
        };
    }

    /** The number of an element type. */
    static int typeOf(final DType dtype) {
        return Arrays.asList(NAMES).indexOf(dtype.name());
    }

    /** As llama.cpp calls it. */
    String typeName() {
        return type >= 0 && type < NAMES.length ? NAMES[type] : Integer.toUnsignedString(type);
    }

    long elements() {
        long elements = 1;
        for (final long extent : shape) {
            elements *= extent;
        }
        return elements;
    }
}
