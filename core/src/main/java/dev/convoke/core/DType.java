package dev.convoke.core;

/** Element types of tensors and of rows on the wire. */
public enum DType {
    /** IEEE 754 binary32. */
    F32(4),
    /** IEEE 754 binary16; only in checkpoints. */
    F16(2),
    /** The upper half of a binary32. */
    BF16(2);

    private final int bytes;

    DType(final int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The operand type of that name, {@code f32} or {@code bf16}: what matmul inputs, wire rows and KV are held in. */
    public static DType operandNamed(final String name) {
        return switch (name) {
            case "f32" -> F32;
            case "bf16" -> BF16;
            default -> throw new ConfigurationException("There is no dtype '" + name + "'; choose f32 or bf16.");
        };
    }
}
