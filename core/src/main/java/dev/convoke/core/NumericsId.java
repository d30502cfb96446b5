package dev.convoke.core;

/**
 * Names a set of bits: two processes with the same numerics id compute the same bits from the same inputs.
 * It covers the rounding rules, not the operand type, which a frame carries separately.
 */
public record NumericsId(int value) {
    /** The canonical order of operations that every CPU backend follows, first edition. */
    public static final NumericsId CANONICAL_1 = new NumericsId(1);

    @Override
    public String toString() {
        return equals(CANONICAL_1) ? "canonical-1" : "unknown-" + value;
    }
}
