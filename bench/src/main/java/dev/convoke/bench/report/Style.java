package dev.convoke.bench.report;

/** How texts of drawings look. */
public enum Style {
    /** Over a panel. */
    TITLE(13, true, Ink.TEXT),
    /** Names of axes, legends, categories. */
    LABEL(12, false, Ink.TEXT),
    /** Numbers along axes and other asides. */
    SMALL(11, false, Ink.FAINT_TEXT),
    /** Within a filled shape that is pale in light and dim in dark. */
    ON_TINT(11, false, Ink.TEXT),
    /** Within a filled shape that is dark in light and light in dark. */
    ON_FILL(11, false, Ink.PAGE);

    private static final String NARROW = "ijl.,:;|!'It()[] /-f";
    private static final String WIDE = "mwMW%@";
    private static final double NARROW_EM = 0.36;
    private static final double WIDE_EM = 0.92;
    private static final double CAPITAL_EM = 0.72;
    private static final double OTHER_EM = 0.62;
    private static final double BOLD = 1.1;

    private final double size;
    private final boolean bold;
    private final Ink ink;

    Style(final double size, final boolean bold, final Ink ink) {
        this.size = size;
        this.bold = bold;
        this.ink = ink;
    }

    /** Pixels. */
    public double size() {
        return size;
    }

    /** Whether it is heavy. */
    public boolean bold() {
        return bold;
    }

    /** Its colour. */
    public Ink ink() {
        return ink;
    }

    /** About how wide a text is in the widest of the sans-serif faces that systems have (DejaVu Sans). */
    public double width(final String text) {
        double em = 0;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            em += NARROW.indexOf(c) >= 0 ? NARROW_EM : WIDE.indexOf(c) >= 0 ? WIDE_EM
                : Character.isUpperCase(c) ? CAPITAL_EM : OTHER_EM;
        }
        return em * size * (bold ? BOLD : 1);
    }

    /** The text, or its beginning with an ellipsis where it would be wider than this. */
    public String fitted(final String text, final double most) {
        if (width(text) <= most) {
            return text;
        }
        int length = text.length();
        while (length > 1 && width(text.substring(0, length) + "…") > most) {
            length--;
        }
        return text.substring(0, length) + "…";
    }
}
