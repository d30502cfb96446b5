package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.StreamDecoder;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Streams through a decoder that can only decode whole sequences: each time the last piece's ids and the new ones are
 * decoded, and what they add to the last piece alone is given out, unless it ends in an unfinished character.
 */
final class WindowStream implements StreamDecoder {
    /** More ids than any character takes; what they hold then is no unfinished character. */
    private static final int MAX_HELD_BACK = 8;

    private final Function<int[], String> decoder;
    private int[] window = new int[0];
    private int givenIds;
    private int givenLength;

    /** The decoder decodes a whole sequence of ids. */
    WindowStream(final Function<int[], String> decoder) {
        this.decoder = decoder;
    }

    @Override
    public String append(final int id) {
        window = Arrays.copyOf(window, window.length + 1);
        window[window.length - 1] = id;
        final String text = decoder.apply(window);
        final boolean unfinished = text.endsWith("\uFFFD") && window.length - givenIds < MAX_HELD_BACK;
        return unfinished ? "" : give(text);
    }

    @Override
    public String finish() {
        return window.length == givenIds ? "" : give(decoder.apply(window));
    }

    private String give(final String text) {
        if (text.length() <= givenLength) {
            return "";
        }
        final String piece = text.substring(givenLength);
        window = Arrays.copyOfRange(window, givenIds, window.length);
        givenIds = window.length;
        givenLength = decoder.apply(window).length();
        return piece;
    }
}
