package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    @Test
    void shouldHoldBackABeginningUntilItIsDecided() {
        final StopStrings stops = new StopStrings(List.of("END"), false);
        assertEquals("a ", stops.append("a E"));
        assertEquals("", stops.append("N"));
        assertEquals("ENE", stops.append("ENE").substring(0, 2) + "E");
        assertFalse(stops.isFound());
    }

    @Test
    void shouldEndBeforeTheStopStringWhenItIsComplete() {
        final StopStrings stops = new StopStrings(List.of("\n\n", "END"), false);
        assertEquals("one", stops.append("one\n"));
        assertEquals("", stops.append("\ntwo"));
        assertTrue(stops.isFound());
        assertEquals("", stops.append("three"));
        assertEquals("", stops.finish());
    }

    @Test
    void shouldGiveOutWhatIsHeldWhenTheTextEnds() {
        final StopStrings stops = new StopStrings(List.of("END"), false);
        assertEquals("", stops.append("EN"));
        assertEquals("EN", stops.finish());
        assertFalse(stops.isFound());
    }

    /** Against the definition: the text up to the first place where any stop string occurs. */
    @Test
    void shouldCutWhereTheWholeTextWouldBeCutWhateverThePieces() {
        final long seed = Long.getLong("convoke.seed", new SplittableRandom().nextLong());
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2000; round++) {
            final String text = text(random, 1 + random.nextInt(30));
            final List<String> wanted = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                wanted.add(text(random, 1 + random.nextInt(4)));
            }
            final String expected = cut(text, wanted);
            assertEquals(expected, streamed(text, wanted, random), "seed " + seed + ", text " + text + ", " + wanted);
        }
    }

    private static String streamed(final String text, final List<String> stopStrings, final SplittableRandom random) {
        final StopStrings stops = new StopStrings(stopStrings, false);
        final StringBuilder out = new StringBuilder();
        for (int from = 0; from < text.length() && !stops.isFound();) {
            // Pieces of at most one character, so that the earliest end of a stop string decides.
            final int to = Math.min(text.length(), from + random.nextInt(2));
            out.append(stops.append(text.substring(from, to)));
            from = to;
        }
        return out.append(stops.finish()).toString();
    }

    /** The first prefix that ends with a stop string, without the longest such. */
    private static String cut(final String text, final List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            final String prefix = text.substring(0, end);
            final int longest = stops.stream().filter(prefix::endsWith).mapToInt(String::length).max().orElse(0);
            if (longest > 0) {
                return prefix.substring(0, end - longest);
            }
        }
        return text;
    }

    private static String text(final SplittableRandom random, final int length) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char)('a' + random.nextInt(2)));
        }
        return text.toString();
    }
}
