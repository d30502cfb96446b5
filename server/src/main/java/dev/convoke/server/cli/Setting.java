package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Settings in sentences: name, value and where that comes from. */
final class Setting {
    private Setting() {
    }

    /**
     * How an operator wrote it: {@code --hosts 2}, {@code 'hosts: 2' in FILE} or {@code hosts 1 (default)}.
     *
     * @param options those of a command or of a part of it, the named one among them
     * @param name    without the dashes
     */
    static String written(final CommandSpec options, final String name) {
        final OptionSpec option = options.findOption("--" + name);
        if (!isGiven(options, name)) {
            return name + " " + option.defaultValue() + " (default)";
        }
        final String value = String.join(",", option.originalStringValues());
        final Path file = fileOf(option);
        if (file != null) {
            return "'" + name + ": " + value + "' in " + file;
        }
        return "--" + name + (option.typeInfo().isBoolean() ? "" : " " + value);
    }

    /** Whether it was given, on the command line or in a file. */
    static boolean isGiven(final CommandSpec options, final String name) {
        ParseResult result = options.findOption("--" + name).command().root().commandLine().getParseResult();
        while (result.hasSubcommand()) {
            result = result.subcommand();
        }
        return result.hasMatchedOption("--" + name);
    }

    /** The file that gave an option its value, or null. */
    static Path fileOf(final OptionSpec option) {
        return option.command().root().userObject() instanceof Convoke convoke
            ? convoke.fileOf(option.longestName()) : null;
    }

    /** What to throw when two of them cannot both be meant. */
    static ConfigurationException contradiction(final CommandSpec options, final String one, final String other,
        final String remedy) {
        if (isAbsent(options, one)) {
            return contradiction(options, other, one, remedy);
        }
        return new ConfigurationException(written(options, one) + (isAbsent(options, other)
            ? " needs --" + other + ", which is not given; " : " contradicts " + written(options, other) + "; ")
            + remedy + ".");
    }

    /** Throws if one of the names is given although what it says more about is not. */
    static void requireWith(final CommandSpec options, final String subject, final List<String> names) {
        names.stream().filter(name -> isGiven(options, name)).findFirst().ifPresent(name -> {
            throw contradiction(options, name, subject, "give both, or neither");
        });
    }

    private static boolean isAbsent(final CommandSpec options, final String name) {
        return !isGiven(options, name) && options.findOption("--" + name).defaultValue() == null;
    }

    /** Throws unless the value is a known name. */
    static void requireKnown(final CommandSpec options, final String name, final String value,
        final Collection<String> known) {
        if (!known.contains(value)) {
            throw new ConfigurationException(written(options, name) + " is unknown; choose one of "
                + String.join(", ", known) + NearestName.hint(value, known) + ".");
        }
    }
}
