package dev.convoke.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A command run within the test's process.
 *
 * @param exitCode as of the process
 * @param out      standard output
 * @param err      standard error
 */
record CommandLineRun(int exitCode, String out, String err) {
    static synchronized CommandLineRun of(final String... args) {
        final PrintStream out = System.out;
        final PrintStream err = System.err;
        final ByteArrayOutputStream newOut = new ByteArrayOutputStream();
        final ByteArrayOutputStream newErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
            final int exitCode = Convoke.execute(args, false);
            return new CommandLineRun(exitCode, newOut.toString(StandardCharsets.UTF_8),
                newErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** The one line that says what is wrong. */
    String complaint() {
        final var lines = err.lines().filter(line -> line.startsWith("convoke: ")).toList();
        if (lines.size() != 1) {
            throw new AssertionError("one sentence expected: " + err);
        }
        return lines.getFirst();
    }
}
