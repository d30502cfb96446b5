package dev.convoke.server.chat;

/** How Python prints values. Found by Jinjava, hence public. */
public final class PythonText {
    private PythonText() {
    }

    /** What is undefined prints nothing. */
    public static Object of(final Object value) {
        return value instanceof Boolean truth ? truth ? "True" : "False" : value;
    }
}
