package dev.convoke.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The terminal that a command runs on, taken over as a whole: pages are drawn in place, keys are read as they are
 * pressed, and closing puts back what was there. Keys and size are asked of {@code stty}; where there is none, keys are
 * not read and the size is 80 by 24.
 */
final class Terminal implements AutoCloseable {
    private static final String ENTER = "\u001b[?1049h\u001b[?25l";
    private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String REST_OF_LINE = "\u001b[K";
    private static final String REST_OF_PAGE = "\u001b[J";
    private static final int COLUMNS = 80;
    private static final int ROWS = 24;
    private static final int LEAST_COLUMNS = 20;
    private static final int MOST_ANSWER_BYTES = 4096;
    private static final long STTY_SECONDS = 2;

    private final PrintStream out;
    private final InputStream in;
    private final String settings;
    private boolean closed;

    /**
     * A terminal's size.
     *
     * @param columns at least 20
     * @param rows    at least 1
     */
    record Size(int columns, int rows) {
    }

    Terminal(final PrintStream out, final InputStream in) {
        this.out = out;
        this.in = in;
        this.settings = stty("-g");
        if (!settings.isEmpty()) {
            stty("-icanon", "-echo", "min", "0", "time", "0");
        }
        out.print(ENTER);
        out.flush();
    }

    /** Whether standard input and output are one. */
    static boolean isThere() {
        return System.console() != null && System.console().isTerminal();
    }

    /** As it is now. */
    Size size() {
        final String[] words = stty("size").split(" ");
        if (words.length != 2 || !words[0].matches("\\d{1,4}") || !words[1].matches("\\d{1,4}")) {
            return new Size(COLUMNS, ROWS);
        }
        final int rows = Integer.parseInt(words[0]);
        final int columns = Integer.parseInt(words[1]);
        return rows == 0 || columns == 0 ? new Size(COLUMNS, ROWS) : new Size(Math.max(LEAST_COLUMNS, columns), rows);
    }

    /** Replaces what is shown; lines beyond the terminal's are left out. */
    synchronized void draw(final List<String> lines, final int rows) {
        if (closed) {
            return;
        }
        final StringBuilder page = new StringBuilder(HOME);
        final List<String> shown = lines.subList(0, Math.min(lines.size(), rows));
        for (int row = 0; row < shown.size(); row++) {
            page.append(shown.get(row)).append(REST_OF_LINE).append(row < shown.size() - 1 ? "\r\n" : "");
        }
        out.print(page.append(REST_OF_PAGE));
        out.flush();
    }

    /** A key that was pressed, or -1. */
    int pollKey() {
        try {
            return settings.isEmpty() || in.available() == 0 ? -1 : in.read();
        } catch (final IOException e) {
            return -1;
        }
    }

    /** Asks of or tells the terminal; empty where that cannot be done. */
    private static String stty(final String... words) {
        try {
            final ProcessBuilder command = new ProcessBuilder("stty");
            command.command().addAll(List.of(words));
            final Process process = command.redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            final byte[] answer = process.getInputStream().readNBytes(MOST_ANSWER_BYTES);
            return process.waitFor(STTY_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
                ? new String(answer, StandardCharsets.US_ASCII).strip() : "";
        } catch (final IOException e) {
            return "";
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** By any thread; once. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            out.print(LEAVE);
            out.flush();
            if (!settings.isEmpty()) {
                stty(settings);
            }
        }
    }
}
