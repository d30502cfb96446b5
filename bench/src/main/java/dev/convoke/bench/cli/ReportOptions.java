package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** How the result of a benchmark is printed. */
final class ReportOptions {
    @Option(names = "--json", arity = "0..1", paramLabel = "FILE", fallbackValue = "",
        description = "Print one JSON object instead; with a name, as --json=FILE, write it there, too.")
    private String json;

    /** One of the two goes to the screen; the second to a file if one is named. */
    void print(final PrintWriter out, final String text, final BenchmarkReport report) {
        final String object = report.toJson();
        if (json == null || !json.isEmpty()) {
            out.println(text.stripTrailing());
        } else {
            out.println(object);
        }
        out.flush();
        if (json != null && !json.isEmpty()) {
            write(Path.of(json), object);
        }
    }

    private static void write(final Path file, final String object) {
        try {
            Files.writeString(file, object + "\n");
        } catch (final IOException e) {
            throw new ConvokeException("The results cannot be written to " + file + ": " + e.getClass().getSimpleName()
                + "; name a file in a directory that can be written to.", e);
        }
    }
}
