package dev.convoke.server.http;

import java.util.List;

/**
 * Looks for stop strings in a text that arrives in pieces. Text that may turn out to be the beginning of a stop string
 * is held back until that is decided.
 */
final class StopStrings {
    private final List<String> stops;
    private final boolean include;
    private final StringBuilder held = new StringBuilder();
    private String found;

    /**
     * No string may be empty.
     *
     * @param include whether the text goes to the end of the stop string rather than to its beginning
     */
    StopStrings(final List<String> stops, final boolean include) {
        this.stops = stops;
        this.include = include;
    }

    /** The text that is certain with this piece; nothing more once a stop string was found. */
    String append(final String piece) {
        if (isFound() || piece.isEmpty()) {
            return "";
        }
        if (stops.isEmpty()) {
            return piece;
        }
        held.append(piece);
        final int match = firstMatch();
        if (match >= 0) {
            found = stopAt(match);
            return take(include ? match + found.length() : match);
        }
        return take(held.length() - possibleBeginning());
    }

    /** Text in which no stop string counts. */
    String pass(final String piece) {
        return isFound() ? "" : piece;
    }

    private String stopAt(final int match) {
        return stops.stream().filter(stop -> held.indexOf(stop, match) == match).findFirst().orElseThrow();
    }

    /** What is still held back, at the end of the text. */
    String finish() {
        return isFound() ? "" : take(held.length());
    }

    /** Whether a stop string was found; the text before it has been given out. */
    boolean isFound() {
        return found != null;
    }

    /** The stop string, or null. */
    String found() {
        return found;
    }

    private String take(final int length) {
        final String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    private int firstMatch() {
        int first = -1;
        for (final String stop : stops) {
            final int match = held.indexOf(stop);
            if (match >= 0 && (first < 0 || match < first)) {
                first = match;
            }
        }
        return first;
    }

    /** The length of the longest end of the held text that is the beginning of a stop string. */
    private int possibleBeginning() {
        int longest = 0;
        for (final String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (endsWithBeginning(stop, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private boolean endsWithBeginning(final String stop, final int length) {
        final int start = held.length() - length;
        for (int i = 0; i < length; i++) {
            if (held.charAt(start + i) != stop.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
