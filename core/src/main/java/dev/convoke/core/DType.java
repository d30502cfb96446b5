package dev.convoke.core;

/**
 * Element types of tensors and of rows on the wire. The quantised ones, only in checkpoints, hold blocks of elements
 * that share scales, in the layout of GGUF where it has the type.
 */
public enum DType {
    /** IEEE 754 binary32. */
    F32(1, 4),
    /** IEEE 754 binary16; only in checkpoints. */
    F16(1, 2),
    /** The upper half of a binary32. */
    BF16(1, 2),
    /** Blocks of 32: a binary16 scale, 8-bit integers. */
    Q8_0(32, 34),
    /** Blocks of 32: a binary16 scale, 4-bit integers less 8. */
    Q4_0(32, 18),
    /** Blocks of 256: eight sub-blocks with 6-bit scales and minima, 4-bit integers. */
    Q4_K(256, 144),
    /** Blocks of 256: eight sub-blocks with 6-bit scales and minima, 5-bit integers. */
    Q5_K(256, 176),
    /** Blocks of 256: sixteen sub-blocks with 8-bit scales, 6-bit integers less 32. */
    Q6_K(256, 210),
    /** Blocks of 32: an E8M0 scale, 4-bit E2M1 floats (OCP Microscaling Formats, 2023). */
    MXFP4(32, 17),
    /** Blocks of 128: a binary32 scale, 8-bit E4M3 floats (OCP 8-bit Floating Point Specification, 2023). */
    F8_E4M3(128, 132);

    private final int blockElements;
    private final int blockBytes;

    DType(final int blockElements, final int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** Bytes of one element; a quantised type has none of its own. */
    public int bytes() {
        if (isQuantised()) {
            throw new IllegalArgumentException("an element of " + this + " is no whole number of bytes");
        }
        return blockBytes;
    }

    /** Whether elements come in blocks that share scales. */
    public boolean isQuantised() {
        return blockElements > 1;
    }

    /** Elements of a block; 1 where each stands alone. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Bytes of so many elements.
     *
     * @param elements whole blocks
     */
    public long bytesOf(final long elements) {
        if (elements % blockElements != 0) {
            throw new IllegalArgumentException(elements + " elements are no whole blocks of " + this);
        }
        return Math.multiplyExact(elements / blockElements, blockBytes);
    }
}
