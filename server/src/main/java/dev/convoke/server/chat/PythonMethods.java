package dev.convoke.server.chat;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;

/** Python's methods of strings and dictionaries, as templates call them. */
final class PythonMethods extends ELResolver {
    private static final String BLANK = " \t\n\r\f\u000b";

    private PythonMethods() {
    }

    /** Ours, then the engine's own. */
    static ELResolver beforeThoseOfJinjava() {
        final CompositeELResolver resolver = new CompositeELResolver();
        resolver.add(new PythonMethods());
        resolver.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
        return resolver;
    }

    @Override
    public Object invoke(final ELContext context, final Object base, final Object method, final Class<?>[] types,
        final Object[] arguments) {
        final Object[] given = arguments == null ? new Object[0] : arguments;
        Object result = null;
        if (base instanceof CharSequence text) {
            result = ofString(text.toString(), method.toString(), given);
        } else if (base instanceof Map<?, ?> map) {
            result = ofMap(map, method.toString(), given);
            if (result == null && method.toString().equals("get")) {
                context.setPropertyResolved(true);
            }
        }
        if (result != null) {
            context.setPropertyResolved(true);
        }
        return result;
    }

    private static Object ofString(final String text, final String method, final Object... given) {
        return switch (method) {
            case "strip" -> strip(text, characters(given), true, true);
            case "lstrip" -> strip(text, characters(given), true, false);
            case "rstrip" -> strip(text, characters(given), false, true);
            case "startswith" -> anyOf(given[0]).stream().anyMatch(text::startsWith);
            case "endswith" -> anyOf(given[0]).stream().anyMatch(text::endsWith);
            case "removeprefix" -> text.startsWith(string(given, 0)) ? text.substring(string(given, 0).length()) : text;
            case "removesuffix" -> text.endsWith(string(given, 0))
                ? text.substring(0, text.length() - string(given, 0).length()) : text;
            case "split" -> split(text, given);
            case "splitlines" -> text.lines().toList();
            case "replace" -> given.length > 2 ? replaceSome(text, string(given, 0), string(given, 1),
                ((Number)given[2]).intValue()) : text.replace(string(given, 0), string(given, 1));
            case "upper" -> text.toUpperCase(java.util.Locale.ROOT);
            case "lower" -> text.toLowerCase(java.util.Locale.ROOT);
            case "title" -> PythonFilters.title(text);
            case "capitalize" -> PythonFilters.capitalize(text);
            case "find" -> text.indexOf(string(given, 0));
            case "rfind" -> text.lastIndexOf(string(given, 0));
            case "count" -> split(text, given[0]).size() - 1;
            case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
            case "isupper" -> text.equals(text.toUpperCase(java.util.Locale.ROOT))
                && !text.equals(text.toLowerCase(java.util.Locale.ROOT));
            case "join" -> String.join(text, anyOf(given[0]));
            default -> null;
        };
    }

    private static Object ofMap(final Map<?, ?> map, final String method, final Object... given) {
        return switch (method) {
            case "get" -> map.containsKey(given[0]) ? map.get(given[0]) : given.length > 1 ? given[1] : null;
            case "keys" -> new ArrayList<>(map.keySet());
            case "values" -> new ArrayList<>(map.values());
            case "items" -> map.entrySet().stream().map(entry -> Arrays.asList(entry.getKey(), entry.getValue()))
                .toList();
            default -> null;
        };
    }

    private static String string(final Object[] given, final int index) {
        return String.valueOf(given[index]);
    }

    private static String characters(final Object... given) {
        return given.length == 0 || given[0] == null ? BLANK : String.valueOf(given[0]);
    }

    private static List<String> anyOf(final Object value) {
        return value instanceof Iterable<?> several ? strings(several) : List.of(String.valueOf(value));
    }

    private static List<String> strings(final Iterable<?> several) {
        final List<String> strings = new ArrayList<>();
        several.forEach(one -> strings.add(String.valueOf(one)));
        return strings;
    }

    static String strip(final String text, final String characters, final boolean left, final boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && characters.indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        while (right && end > start && characters.indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.substring(start, end);
    }

    /** Without a separator, runs of blanks separate and there are no empty parts. */
    private static List<String> split(final String text, final Object... given) {
        final int most = given.length > 1 ? ((Number)given[1]).intValue() : -1;
        if (given.length == 0 || given[0] == null) {
            final String stripped = strip(text, BLANK, true, true);
            return stripped.isEmpty() ? List.of() : List.of(stripped.split("[ \\t\\n\\r\\f\\x0b]+", most + 1));
        }
        final String separator = string(given, 0);
        final List<String> parts = new ArrayList<>();
        int from = 0;
        int at = text.indexOf(separator);
        while (at >= 0 && !separator.isEmpty() && (most < 0 || parts.size() < most)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
            at = text.indexOf(separator, from);
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static String replaceSome(final String text, final String old, final String fresh, final int most) {
        return String.join(fresh, split(text, old, most));
    }

    @Override
    public Object getValue(final ELContext context, final Object base, final Object property) {
        return null;
    }

    @Override
    public Class<?> getType(final ELContext context, final Object base, final Object property) {
        return null;
    }

    @Override
    public void setValue(final ELContext context, final Object base, final Object property, final Object value) {
        // Templates change nothing that they are given.
    }

    @Override
    public boolean isReadOnly(final ELContext context, final Object base, final Object property) {
        return true;
    }

    @Override
    public Iterator<FeatureDescriptor> getFeatureDescriptors(final ELContext context, final Object base) {
        return null;
    }

    @Override
    public Class<?> getCommonPropertyType(final ELContext context, final Object base) {
        return Object.class;
    }
}
