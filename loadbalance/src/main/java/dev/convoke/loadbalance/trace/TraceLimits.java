package dev.convoke.loadbalance.trace;

import java.nio.charset.StandardCharsets;

/** What a routing trace may hold at most; a reader refuses more, so that what it allocates is bounded. */
public final class TraceLimits {
    /** Decoder layers. */
    public static final int MOST_LAYERS = 1024;
    /** Logical experts of a layer. */
    public static final int MOST_EXPERTS = 4096;
    /** Choices of a row. */
    public static final int MOST_TOP_K = 64;
    /** Rows of a step. */
    public static final int MOST_ROWS = 1 << 16;
    /** Layers times rows times choices of a step. */
    public static final long MOST_ENTRIES = 1L << 26;
    /** Bytes that a whole trace must be given: its header and its end fit whatever they say. */
    public static final long LEAST_BYTES = 1L << 10;
    /** Bytes of a whole trace, so that it can be read as one buffer. */
    public static final long MOST_BYTES = 1L << 30;
    /** Different labels of rows. */
    public static final int MOST_LABELS = 64;
    /** Bytes of a label in UTF-8. */
    public static final int MOST_LABEL_BYTES = 64;
    /** Bytes of the model's name in UTF-8. */
    public static final int MOST_NAME_BYTES = 255;

    private TraceLimits() {
    }

    /** Whether a text may label rows: not blank, no blanks around it, short, and safe to print. */
    public static boolean isLabel(final String text) {
        return !text.isEmpty() && text.strip().equals(text) && isPrintable(text)
            && text.getBytes(StandardCharsets.UTF_8).length <= MOST_LABEL_BYTES;
    }

    /** Whether no character of a text moves a cursor, hides itself or is half of one. */
    static boolean isPrintable(final String text) {
        return text.codePoints().allMatch(character -> switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE,
                Character.UNASSIGNED, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        });
    }
}
