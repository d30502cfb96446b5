package dev.convoke.bench.scenarios;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The page of figures, in Markdown. Each scenario has a section between two marks, which it rewrites; the rest of the
 * page is somebody else's and stays as it is. A section that is not there yet comes to the end.
 */
public final class PerformancePage {
    private final Path file;

    /** Of a file that exists. */
    public PerformancePage(final Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ConfigurationException(file + " does not exist, so figures cannot be written to it; run in a "
                + "checkout, name its docs with --docs, or try out with --quick.");
        }
        this.file = file;
    }

    /** Writes the scenario's section anew. */
    public void write(final Outcome outcome, final RunPlace place) {
        try {
            final Path beside = file.resolveSibling(file.getFileName() + ".part");
            Files.writeString(beside, with(Files.readString(file), outcome.scenario().name(), section(outcome, place)));
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException e) {
            throw new ConvokeException("The page " + file + " cannot be written; make it and its directory writable.",
                e);
        }
    }

    private String with(final String page, final String name, final String section) {
        final String begin = "<!-- scenario " + name + ": written by ./convoke bench scenario run " + name + " -->\n";
        final String end = "<!-- end of scenario " + name + " -->\n";
        final int from = page.indexOf(begin);
        if (from < 0) {
            return page.stripTrailing() + "\n\n" + begin + section + end;
        }
        final int to = page.indexOf(end, from);
        if (to < 0) {
            throw new ConvokeException(file + " has a mark where the section of '" + name + "' begins, but none where "
                + "it ends; add the line '" + end.strip() + "' after it.");
        }
        return page.substring(0, from + begin.length()) + section + page.substring(to);
    }

    /** Heading, figures, and what the benchmarks printed. */
    static String section(final Outcome outcome, final RunPlace place) {
        final StringBuilder text = new StringBuilder("## ").append(outcome.scenario().title()).append("\n\n")
            .append(outcome.scenario().sentence()).append("\n\n").append(outcome.table()).append('\n')
            .append(place.sentence()).append("; ").append(outcome.seconds()).append(" s.\n");
        outcome.shown().forEach(shown -> text.append("\n`./convoke bench ").append(shown.command()).append("`:\n\n")
            .append(shown.text().strip()).append('\n'));
        return text.toString();
    }
}
