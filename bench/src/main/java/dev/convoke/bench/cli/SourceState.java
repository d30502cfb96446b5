package dev.convoke.bench.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which sources a checkout holds, as git says; it is asked in a directory of the checkout. */
final class SourceState {
    static final String UNKNOWN = "unknown";

    private final Path directory;

    SourceState(final Path directory) {
        this.directory = directory;
    }

    /** The commit, with a plus if files have changed since; {@value #UNKNOWN} outside a checkout. */
    String commit() {
        final String commit = git("rev-parse", "--short", "HEAD");
        if (commit.isEmpty()) {
            return UNKNOWN;
        }
        return git("status", "--porcelain", "--untracked-files=no").isEmpty() ? commit : commit + "+";
    }

    /** Nothing where git fails or is not there. */
    private String git(final String... arguments) {
        final List<String> command = new ArrayList<>(List.of("git", "-C", directory.toString()));
        command.addAll(List.of(arguments));
        try {
            final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? text : "";
        } catch (final IOException e) {
            return "";
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
