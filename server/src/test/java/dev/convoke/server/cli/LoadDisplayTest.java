package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoadDisplayTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long nowNs = 17;

    private LoadDisplay display(final boolean terminal) {
        final LoadDisplay display = new LoadDisplay("loading weights",
            new PrintStream(shown, true, StandardCharsets.UTF_8), terminal, () -> nowNs);
        display.onExpected(40_000_000);
        return display;
    }

    private void load(final LoadDisplay display, final long millisecondsForEach) {
        for (int i = 0; i < 4; i++) {
            nowNs += TimeUnit.MILLISECONDS.toNanos(millisecondsForEach);
            display.onPacked(10_000_000);
        }
    }

    private String text() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowNothingOfAShortLoad() {
        load(display(true), 100);
        load(display(false), 100);
        assertEquals("", text());
    }

    @Test
    void shouldWriteOverOneLineOnATerminal() {
        load(display(true), 400);
        assertEquals("\rloading weights: 20.0 of 40.0 MB (50 %), 25 MB/s   "
            + "\rloading weights: 30.0 of 40.0 MB (75 %), 25 MB/s   "
            + "\rloading weights: 40.0 of 40.0 MB (100 %), 25 MB/s   " + System.lineSeparator(), text());
    }

    @Test
    void shouldWriteFewLinesElsewhere() {
        load(display(false), 4_000);
        assertEquals(String.join(System.lineSeparator(), "loading weights: 20.0 of 40.0 MB (50 %), 3 MB/s",
            "loading weights: 40.0 of 40.0 MB (100 %), 3 MB/s", ""), text());
    }
}
