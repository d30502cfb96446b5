package dev.convoke.core;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a deployment computes with: the type of its rows, and what products make of them. */
public enum Precision {
    /** Everything in binary32. */
    F32(DType.F32),
    /** Products take bf16, and rows and KV are held in it. */
    BF16(DType.BF16),
    /** Rows and KV as in BF16; products, but for a router's, take weights and inputs in 8 bits (W8A8). */
    INT8(DType.BF16);

    private final DType operand;

    Precision(final DType operand) {
        this.operand = operand;
    }

    /** What rows on the wire and KV are held in. */
    public DType operand() {
        return operand;
    }

    /** As an option names it: {@code f32}, {@code bf16} or {@code int8}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All labels. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Precision::label).toList();
    }

    /** The precision of that label. */
    public static Precision named(final String label) {
        return Arrays.stream(values()).filter(precision -> precision.label().equals(label)).findFirst()
            .orElseThrow(() -> new ConfigurationException("There is no dtype '" + label + "'; choose one of "
                + String.join(", ", labels()) + "."));
    }

    /** That of products in an operand type, F32 or BF16. */
    public static Precision of(final DType operand) {
        return operand == DType.F32 ? F32 : BF16;
    }
}
