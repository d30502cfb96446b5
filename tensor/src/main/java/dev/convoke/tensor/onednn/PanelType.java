package dev.convoke.tensor.onednn;

import dev.convoke.core.Precision;
import java.util.List;
import java.util.Set;

/**
 * The kinds of {@link dev.convoke.tensor.PanelProduct}, and what oneDNN calls their parts. The constants are those of
 * oneDNN's headers, version {@value Dnnl#VERSION}.
 */
enum PanelType {
    /**
     * The order in which AMX sums bf16 is the canonical one; that of AVX-512's instruction for pairs of bf16 is not.
     * Vectors are held up by memory with fewer rows, and by arithmetic with more.
     */
    BF16(Precision.BF16, 2, new Formats(2, 2, 3, 382), 8, "amx", List.of(Set.of("amx_tile", "amx_bf16")),
        "this CPU has no AMX for bf16 (amx_bf16), and what else multiplies bf16 has other bits"),
    /** Sums of integers are exact whatever adds them. Vectors read the weights of one row as fast as memory allows. */
    INT8(Precision.INT8, 4, new Formats(6, 5, 4, 386), 2, "brg",
        List.of(Set.of("amx_tile", "amx_int8"), Set.of("avx512_vnni"), Set.of("avx_vnni")),
        "this CPU has no products of 8-bit integers (amx_int8, avx512_vnni or avx_vnni)");

    /**
     * Numbers that oneDNN gives to types and to the layout of panels.
     *
     * @param rows   {@code dnnl_bf16} or {@code dnnl_u8}
     * @param panel  {@code dnnl_bf16} or {@code dnnl_s8}
     * @param sums   {@code dnnl_f32} or {@code dnnl_s32}
     * @param layout {@code dnnl_BA16a32b2a} or {@code dnnl_BA16a32b4a}
     */
    record Formats(int rows, int panel, int sums, int layout) {
    }

    private final Precision precision;
    private final int wordElements;
    private final Formats formats;
    private final int fewestRows;
    private final String implementation;
    private final List<Set<String>> instructions;
    private final String missing;

    PanelType(final Precision precision, final int wordElements, final Formats formats, final int fewestRows,
        final String implementation, final List<Set<String>> instructions, final String missing) {
        this.precision = precision;
        this.wordElements = wordElements;
        this.formats = formats;
        this.fewestRows = fewestRows;
        this.implementation = implementation;
        this.instructions = instructions;
        this.missing = missing;
    }

    /** What it serves. */
    Precision precision() {
        return precision;
    }

    /** Elements of a row in four bytes. */
    int wordElements() {
        return wordElements;
    }

    Formats formats() {
        return formats;
    }

    /** Rows from which on it is faster than vectors. */
    int fewestRows() {
        return fewestRows;
    }

    /** What the names of oneDNN's implementations that are meant contain. */
    String implementation() {
        return implementation;
    }

    /** Empty if a CPU with such flags, as Linux names them, has the instructions, otherwise what it lacks. */
    String missing(final Set<String> cpuFlags) {
        return instructions.stream().anyMatch(cpuFlags::containsAll) ? "" : missing;
    }
}
