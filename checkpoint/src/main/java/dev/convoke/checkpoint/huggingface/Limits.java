package dev.convoke.checkpoint.huggingface;

/**
 * The largest sizes a configuration may name, far above any model: products of two stay within an int, so that a
 * damaged file is refused here and not by an overflow later.
 */
final class Limits {
    static final int VOCABULARY = 1 << 24;
    static final int WIDTH = 1 << 20;
    static final int LAYERS = 1 << 12;
    static final int HEADS = 1 << 12;
    static final int HEAD_DIM = 1 << 12;
    static final int EXPERTS = 1 << 14;
    static final int TOP_K = 1 << 8;
    static final int POSITIONS = 1 << 28;

    private Limits() {
    }
}
