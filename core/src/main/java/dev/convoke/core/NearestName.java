package dev.convoke.core;

import java.util.Collection;

/** Guesses what was meant by a misspelt name. */
public final class NearestName {
    private NearestName() {
    }

    /**
     * The name with the fewest edits (Levenshtein, 1966; neighbours that changed places count once, Damerau, 1964), or
     * nothing if all are far off.
     */
    public static String of(final String misspelt, final Collection<String> names) {
        String nearest = "";
        int least = Math.max(1, misspelt.length() / 3) + 1;
        for (final String name : names) {
            final int edits = edits(misspelt, name);
            if (edits < least) {
                least = edits;
                nearest = name;
            }
        }
        return nearest;
    }

    /** The nearest name as a question in brackets with a blank before it, or nothing if all are far off. */
    public static String hint(final String misspelt, final Collection<String> names) {
        final String nearest = of(misspelt, names);
        return nearest.isEmpty() ? "" : " (did you mean '" + nearest + "'?)";
    }

    private static int edits(final String from, final String to) {
        int[] twoAbove = new int[to.length() + 1];
        int[] above = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            final int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                final int change = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, 1 + Math.min(above[j], row[j - 1]));
                if (i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2)
                    && from.charAt(i - 2) == to.charAt(j - 1)) {
                    row[j] = Math.min(row[j], 1 + twoAbove[j - 2]);
                }
            }
            twoAbove = above;
            above = row;
        }
        return above[to.length()];
    }
}
