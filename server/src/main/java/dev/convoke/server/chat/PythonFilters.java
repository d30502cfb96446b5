package dev.convoke.server.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.AdvancedFilter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;

/** Filters that Jinjava has otherwise than Python's Jinja. */
final class PythonFilters {
    private PythonFilters() {
    }

    static List<Filter> all() {
        return List.of(
            new Plain("title", (value, arguments) -> title(text(value))),
            new Plain("capitalize", (value, arguments) -> capitalize(text(value))),
            new Plain("trim", (value, arguments) -> arguments.length == 0
                ? text(value).strip() : PythonMethods.strip(text(value), text(arguments[0]), true, true)),
            new Plain("format", (value, arguments) -> String.format(Locale.ROOT, text(value), arguments)),
            new Plain("length", (value, arguments) -> length(value)),
            new Plain("count", (value, arguments) -> length(value)),
            new Plain("first", (value, arguments) -> end(value, true)),
            new Plain("last", (value, arguments) -> end(value, false)),
            new Plain("string", (value, arguments) -> text(value)));
    }

    private static String text(final Object value) {
        return value == null ? "None" : value instanceof Boolean truth ? truth ? "True" : "False"
            : String.valueOf(value);
    }

    /** The first or last item or character; nothing of what is empty. */
    private static Object end(final Object value, final boolean first) {
        final List<?> items = value instanceof CharSequence text
            ? text.codePoints().mapToObj(Character::toString).toList()
            : value instanceof Collection<?> several ? List.copyOf(several) : List.of();
        return items.isEmpty() ? null : first ? items.getFirst() : items.getLast();
    }

    /** Of strings in code points. */
    private static Object length(final Object value) {
        return switch (value) {
            case null -> 0L;
            case CharSequence text -> text.codePoints().count();
            case Collection<?> several -> (long)several.size();
            case Map<?, ?> map -> (long)map.size();
            default -> throw new IllegalArgumentException("a " + value.getClass().getSimpleName() + " has no length");
        };
    }

    /** Each word with one capital. */
    static String title(final String text) {
        final StringBuilder title = new StringBuilder();
        boolean inWord = false;
        for (final char c : text.toCharArray()) {
            title.append(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return title.toString();
    }

    /** One capital in front, the rest small. */
    static String capitalize(final String text) {
        return text.isEmpty() ? text
            : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private record Plain(String getName, BiFunction<Object, Object[], Object> function) implements AdvancedFilter {
        @Override
        public Object filter(final Object value, final JinjavaInterpreter interpreter, final Object[] arguments,
            final Map<String, Object> named) {
            return function.apply(value, arguments);
        }
    }
}
