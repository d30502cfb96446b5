package dev.convoke.checkpoint.huggingface;

import dev.convoke.core.DType;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One line of a safetensors table.
 *
 * @param name  of the tensor
 * @param dtype as the file writes it, for example {@code BF16}
 * @param shape outermost dimension first; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end   byte after the last
 */
record SafetensorsEntry(String name, String dtype, long[] shape, long begin, long end) {
    /** Bytes the tensor takes. */
    long bytes() {
        return end - begin;
    }

    /** Shape for a message. */
    String shapeText() {
        return Arrays.toString(shape);
    }

    /** The element type where it is one that can be computed with. */
    Optional<DType> elementType() {
        return switch (dtype) {
            case "F32" -> Optional.of(DType.F32);
            case "F16" -> Optional.of(DType.F16);
            case "BF16" -> Optional.of(DType.BF16);
            default -> Optional.empty();
        };
    }

    /** Bytes of one element of any type of the format whose elements fill whole bytes. */
    OptionalInt elementBytes() {
        return switch (dtype) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0" -> OptionalInt.of(1);
            case "U16", "I16", "F16", "BF16" -> OptionalInt.of(2);
            case "U32", "I32", "F32" -> OptionalInt.of(4);
            case "U64", "I64", "F64", "C64" -> OptionalInt.of(8);
            default -> OptionalInt.empty();
        };
    }
}
