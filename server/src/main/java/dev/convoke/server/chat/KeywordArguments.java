package dev.convoke.server.chat;

/** Puts the values of keyword arguments into parentheses, without which Jinjava ends them at the first operator. */
final class KeywordArguments {
    private final String source;
    private final StringBuilder done = new StringBuilder();
    private int position;

    private KeywordArguments(final String source) {
        this.source = source;
    }

    static String inParentheses(final String expression) {
        final KeywordArguments arguments = new KeywordArguments(expression);
        while (arguments.position < expression.length()) {
            arguments.upTo("");
            arguments.copyOne();
        }
        return arguments.done.toString();
    }

    /** Copies to the first of these characters outside of brackets, or to the end. */
    private void upTo(final String ends) {
        while (position < source.length() && ends.indexOf(source.charAt(position)) < 0) {
            final char c = source.charAt(position);
            if (c == '\'' || c == '"') {
                final int end = PythonSyntax.endOfString(source, position);
                done.append(source, position, end);
                position = end;
            } else if (c == '(') {
                copyOne();
                call();
            } else if (c == '[' || c == '{') {
                copyOne();
                upTo("]}");
                copyOne();
            } else {
                copyOne();
            }
        }
    }

    private void call() {
        while (position < source.length() && source.charAt(position) != ')') {
            final int value = valueOfKeyword();
            if (value > 0) {
                done.append(source, position, value).append('(');
                position = value;
            }
            upTo(",)");
            done.append(value > 0 ? ")" : "");
            if (position < source.length() && source.charAt(position) == ',') {
                copyOne();
            }
        }
        copyOne();
    }

    /** Where the value begins if an argument with a name starts here, else 0. */
    private int valueOfKeyword() {
        int i = position;
        while (i < source.length() && Character.isWhitespace(source.charAt(i))) {
            i++;
        }
        final int name = i;
        while (i < source.length() && (Character.isLetterOrDigit(source.charAt(i)) || source.charAt(i) == '_')) {
            i++;
        }
        final boolean named = i > name && source.startsWith("=", i) && !source.startsWith("==", i);
        return named ? i + 1 : 0;
    }

    private void copyOne() {
        if (position < source.length()) {
            done.append(source.charAt(position++));
        }
    }
}
