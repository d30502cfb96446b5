package dev.convoke.core;

/** What another process says, before it is logged or printed. */
public final class ForeignText {
    private ForeignText() {
    }

    /** On one line: without line breaks, escapes of terminals and other control characters. */
    public static String onOneLine(final String text) {
        return text.replaceAll("\\p{Cntrl}", " ").trim();
    }
}
