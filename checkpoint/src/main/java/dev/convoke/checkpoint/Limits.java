package dev.convoke.checkpoint;

/**
 * The largest sizes a configuration may name, far above any model: products of two stay within an int, so that a
 * damaged file is refused here and not by an overflow later.
 */
public final class Limits {
    /** Tokens. */
    public static final int VOCABULARY = 1 << 24;
    /** Columns of hidden rows and of experts. */
    public static final int WIDTH = 1 << 20;
    /** Decoder layers. */
    public static final int LAYERS = 1 << 12;
    /** Heads of a layer. */
    public static final int HEADS = 1 << 12;
    /** Elements of a head. */
    public static final int HEAD_DIM = 1 << 12;
    /** Experts of a layer. */
    public static final int EXPERTS = 1 << 14;
    /** Experts of a row. */
    public static final int TOP_K = 1 << 8;
    /** Positions of a sequence. */
    public static final int POSITIONS = 1 << 28;

    private Limits() {
    }
}
