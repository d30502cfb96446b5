package dev.convoke.loadbalance.explicit;

import dev.convoke.core.ConfigurationException;
import java.util.BitSet;
import java.util.regex.Pattern;

/** Sets of small numbers as people write them: {@code *}, {@code 0-5}, {@code 0,2,4-6}. */
final class NumberSet {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    private NumberSet() {
    }

    /** Reads a set of numbers below a limit; {@code what} and {@code context} are for the error. */
    static BitSet parse(final String text, final int limit, final String what, final String context) {
        final BitSet numbers = new BitSet(limit);
        if (text.equals("*")) {
            numbers.set(0, limit);
            return numbers;
        }
        for (final String part : text.split(",", -1)) {
            final var range = RANGE.matcher(part);
            if (!range.matches()) {
                throw new ConfigurationException("'" + part + "' in " + context + " is not a number, a range like 0-3"
                    + " or *.");
            }
            final int first = Integer.parseInt(range.group(1));
            final int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first || last >= limit) {
                throw new ConfigurationException("'" + part + "' in " + context + " is not a range of " + what
                    + "; the model has " + what + " 0 to " + (limit - 1) + ".");
            }
            numbers.set(first, last + 1);
        }
        return numbers;
    }

    /** Writes a set of numbers below a limit in the shortest way. */
    static String format(final BitSet numbers, final int limit) {
        if (numbers.cardinality() == limit) {
            return "*";
        }
        final StringBuilder text = new StringBuilder();
        for (int first = numbers.nextSetBit(0); first >= 0;) {
            final int end = numbers.nextClearBit(first);
            text.append(text.isEmpty() ? "" : ",").append(first);
            if (end > first + 1) {
                text.append('-').append(end - 1);
            }
            first = numbers.nextSetBit(end);
        }
        return text.toString();
    }
}
