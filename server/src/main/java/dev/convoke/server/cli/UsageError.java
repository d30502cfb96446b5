package dev.convoke.server.cli;

import dev.convoke.core.NearestName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What is wrong with a command line, in one sentence with what may have been meant. */
final class UsageError {
    private UsageError() {
    }

    static String sentence(final CommandLine.ParameterException e) {
        final CommandSpec command = e.getCommandLine().getCommandSpec();
        final String what = e instanceof CommandLine.UnmatchedArgumentException unmatched
            ? unmatched(command, unmatched.getUnmatched().getFirst()) : invalid(e);
        return what + (what.endsWith(".") || what.endsWith("?") ? "" : ".") + " See " + command.qualifiedName()
            + " --help.";
    }

    private static String invalid(final CommandLine.ParameterException e) {
        final Path file = e.getArgSpec() instanceof OptionSpec option ? Setting.fileOf(option) : null;
        return file == null ? e.getMessage() : file + ": " + e.getMessage().replaceFirst("option '--([a-z-]+)'",
            "'$1'");
    }

    private static String unmatched(final CommandSpec command, final String argument) {
        final String name = argument.replaceFirst("=.*", "");
        if (name.startsWith("-")) {
            return "There is no option '" + name + "'" + meant(name, optionsOf(command));
        }
        if (command.subcommands().isEmpty()) {
            return "The argument '" + argument + "' is one too many; put quotes around a text with blanks";
        }
        return "There is no command '" + argument + "'" + meant(argument, command.subcommands().keySet());
    }

    private static String meant(final String name, final Collection<String> known) {
        final String nearest = NearestName.of(name, known);
        return nearest.isEmpty() ? "" : "; did you mean '" + nearest + "'?";
    }

    private static List<String> optionsOf(final CommandSpec command) {
        final List<String> names = new ArrayList<>();
        for (final OptionSpec option : command.options()) {
            names.addAll(List.of(option.names()));
        }
        return names;
    }
}
