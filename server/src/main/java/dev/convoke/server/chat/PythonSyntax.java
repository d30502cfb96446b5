package dev.convoke.server.chat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites what Jinjava's parser does not know or means otherwise: slices become calls of {@code python_slice}, loops
 * with a condition become loops over a list collected before, so that {@code loop} counts what is left; values of
 * keyword arguments get parentheses; what is printed goes through {@code python_text}.
 */
final class PythonSyntax {
    private static final Pattern TAG = Pattern.compile(
        "\\{#.*?#\\}|(\\{%[-+]?)(\\s*(?:[^'\"%]|%(?!\\})|'(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\")*?)([-+]?%\\})"
            + "|(\\{\\{-?)((?:[^'\"}]|\\}(?!\\})|'(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\")*?)(-?\\}\\})",
        Pattern.DOTALL);
    private static final Pattern CONDITIONAL_LOOP = Pattern.compile(
        "\\s*for\\s+(.+?)\\s+in\\s+(.+?)\\s+if\\s+((?:(?!\\selse\\s).)+?)\\s*", Pattern.DOTALL);
    private static final Pattern GENERATION = Pattern.compile("\\s*(?:end)?generation\\s*");

    private PythonSyntax() {
    }

    /** The same template for Jinjava; blanks around blocks are trimmed as transformers sets it. */
    static String translate(final String template) {
        final String source = template.endsWith("\n") ? template.substring(0, template.length() - 1) : template;
        final Matcher tags = TAG.matcher(source);
        final StringBuilder translated = new StringBuilder();
        int loops = 0;
        int from = 0;
        boolean beginsLine = true;
        while (tags.find()) {
            final boolean prints = tags.group(4) != null;
            final String text = source.substring(from, tags.start());
            translated.append(prints ? text : withoutIndent(text, beginsLine));
            from = tags.end();
            beginsLine = !prints && source.startsWith("\n", from);
            if (prints) {
                translated.append(tags.group(4)).append(" python_text(").append(expression(tags.group(5)))
                    .append(") ").append(tags.group(6));
                continue;
            }
            if (tags.group(1) != null) {
                translated.append(statement(tags.group(1), expression(tags.group(2)), tags.group(3), loops++));
            }
            from += beginsLine ? 1 : 0;
        }
        return translated.append(source.substring(from)).toString();
    }

    /** What stands before a block, without the blanks that are all there is on the block's line. */
    private static String withoutIndent(final String text, final boolean beginsLine) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
            end--;
        }
        return end == 0 ? beginsLine ? "" : text : text.charAt(end - 1) == '\n' ? text.substring(0, end) : text;
    }

    private static String expression(final String source) {
        final boolean declares = source.strip().startsWith("macro ");
        return declares ? source : KeywordArguments.inParentheses(withSlices(source));
    }

    private static String statement(final String open, final String inside, final String close, final int number) {
        if (GENERATION.matcher(inside).matches()) {
            // Marks what to train on; nothing to render.
            return open + (inside.contains("end") ? " endif " : " if true ") + close;
        }
        final Matcher loop = CONDITIONAL_LOOP.matcher(inside);
        if (!loop.matches()) {
            return open + inside + close;
        }
        final String target = loop.group(1);
        final String item = target.contains(",") ? "[" + target + "]" : target;
        final String kept = "kept_" + number;
        return open + " set " + kept + " = [] %}{% for " + target + " in " + loop.group(2) + " %}{% if " + loop.group(3)
            + " %}{% do " + kept + ".append(" + item + ") %}{% endif %}{% endfor %}{% for " + target + " in " + kept
            + " " + close;
    }

    private static String withSlices(final String expression) {
        final StringBuilder done = new StringBuilder();
        int i = 0;
        while (i < expression.length()) {
            final char c = expression.charAt(i);
            if (c == '\'' || c == '"') {
                final int end = endOfString(expression, i);
                done.append(expression, i, end);
                i = end;
            } else if (c == '[' && followsOperand(done)) {
                final int end = matching(expression, i);
                final String inside = expression.substring(i + 1, end);
                final int start = startOfOperand(done);
                final String[] bounds = bounds(inside);
                if (bounds.length > 1) {
                    final String operand = done.substring(start);
                    done.setLength(start);
                    done.append("python_slice(").append(operand).append(", ").append(bounds[0]).append(", ")
                        .append(bounds[1]).append(", ").append(bounds.length > 2 ? bounds[2] : "null").append(')');
                } else {
                    done.append('[').append(withSlices(inside)).append(']');
                }
                i = Math.min(end + 1, expression.length());
            } else {
                done.append(c);
                i++;
            }
        }
        return done.toString();
    }

    /** What stands between the colons at the outermost level; one element if there is no colon. */
    private static String[] bounds(final String inside) {
        final java.util.List<String> parts = new java.util.ArrayList<>();
        int from = 0;
        int i = 0;
        while (i < inside.length()) {
            final char c = inside.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(inside, i);
            } else if (c == '[' || c == '(' || c == '{') {
                i = Math.min(matching(inside, i) + 1, inside.length());
            } else {
                if (c == ':') {
                    parts.add(bound(inside.substring(from, i)));
                    from = i + 1;
                }
                i++;
            }
        }
        parts.add(bound(inside.substring(from)));
        return parts.toArray(String[]::new);
    }

    private static String bound(final String text) {
        return text.isBlank() ? "null" : withSlices(text.strip());
    }

    static int endOfString(final String text, final int start) {
        for (int i = start + 1; i < text.length(); i++) {
            if (text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == text.charAt(start)) {
                return i + 1;
            }
        }
        return text.length();
    }

    /** The bracket that closes the one at the start; the end of the text if there is none. */
    private static int matching(final String text, final int start) {
        int depth = 0;
        int i = start;
        while (i < text.length()) {
            final char c = text.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(text, i);
                continue;
            }
            depth += c == '[' || c == '(' || c == '{' ? 1 : c == ']' || c == ')' || c == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
            i++;
        }
        return text.length();
    }

    private static boolean followsOperand(final CharSequence done) {
        final char last = done.isEmpty() ? ' ' : done.charAt(done.length() - 1);
        return Character.isLetterOrDigit(last) || last == '_' || last == ')' || last == ']' || last == '\''
            || last == '"';
    }

    /** Walks back over names, dots, strings and balanced brackets. */
    private static int startOfOperand(final CharSequence done) {
        int i = done.length();
        while (i > 0) {
            final char c = done.charAt(i - 1);
            if (c == ')' || c == ']') {
                i = openingOf(done, i - 1);
            } else if (c == '\'' || c == '"') {
                i--;
                while (i > 0 && done.charAt(i - 1) != c) {
                    i--;
                }
                i = Math.max(0, i - 1);
            } else if (Character.isLetterOrDigit(c) || c == '_' || c == '.') {
                i--;
            } else {
                return i;
            }
        }
        return 0;
    }

    private static int openingOf(final CharSequence done, final int close) {
        int depth = 0;
        for (int i = close; i >= 0; i--) {
            final char c = done.charAt(i);
            depth += c == ')' || c == ']' ? 1 : c == '(' || c == '[' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return 0;
    }
}
