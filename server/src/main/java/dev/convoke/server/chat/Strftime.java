package dev.convoke.server.chat;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** Dates in the notation of C's {@code strftime}, in English. */
final class Strftime {
    private static final Map<Character, String> PATTERNS = Map.ofEntries(Map.entry('a', "EEE"),
        Map.entry('A', "EEEE"), Map.entry('b', "MMM"), Map.entry('B', "MMMM"), Map.entry('d', "dd"),
        Map.entry('H', "HH"), Map.entry('I', "hh"), Map.entry('j', "DDD"), Map.entry('m', "MM"),
        Map.entry('M', "mm"), Map.entry('p', "a"), Map.entry('S', "ss"), Map.entry('y', "yy"),
        Map.entry('Y', "yyyy"), Map.entry('F', "yyyy-MM-dd"), Map.entry('T', "HH:mm:ss"), Map.entry('e', "ppd"),
        Map.entry('D', "MM/dd/yy"), Map.entry('R', "HH:mm"));

    private Strftime() {
    }

    /** What is no known letter stays as it is written. A dash after the percent sign drops a leading zero. */
    static String format(final LocalDateTime time, final String format) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            final boolean directive = format.charAt(i) == '%' && i + 1 < format.length();
            if (!directive) {
                text.append(format.charAt(i));
                continue;
            }
            final boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
            i += unpadded ? 2 : 1;
            text.append(field(time, format.charAt(i), unpadded));
        }
        return text.toString();
    }

    private static String field(final LocalDateTime time, final char letter, final boolean unpadded) {
        final String pattern = PATTERNS.get(letter);
        if (pattern == null) {
            return letter == '%' ? "%" : (unpadded ? "%-" : "%") + letter;
        }
        final String text = DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
        return unpadded && text.length() > 1 && text.charAt(0) == '0' ? text.substring(1) : text;
    }
}
