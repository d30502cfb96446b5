package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.NamedServices;
import dev.convoke.server.CommandProvider;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The entry point: one subcommand for each role. Exit codes: 0 done, 1 failed, 2 the command line or its file is wrong.
 */
@Command(name = "convoke", mixinStandardHelpOptions = true, versionProvider = VersionText.class,
    description = "Serves Mixture-of-Experts language models with the experts on hosts of their own.",
    subcommands = {ServeCommand.class, ExpertHostCommand.class, CoordinatorCommand.class, GenerateCommand.class,
        InspectCommand.class, QuantizeCommand.class, ClusterCommand.class, TopCommand.class, PlacementCommand.class,
        ConfigCommand.class},
    synopsisSubcommandLabel = "COMMAND")
public final class Convoke implements Runnable {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    private final Map<String, Path> files = new HashMap<>();

    /** Notes that a file gives an option its value. */
    void onOptionOf(final Path file, final String option) {
        files.put(option, file);
    }

    /** The file that gives an option its value, or null. */
    Path fileOf(final String option) {
        return files.get(option);
    }

    /** Runs a command and ends the process with its exit code. */
    public static void main(final String[] args) {
        final boolean debug = List.of(args).contains("--debug");
        Logging.start(debug);
        final int exitCode = execute(args, debug);
        System.out.flush();
        System.exit(exitCode);
    }

    /** Runs a command; prints one sentence, or with {@code debug} the stack trace, when it fails. */
    static int execute(final String[] args, final boolean debug) {
        final CommandLine commandLine = commandLine(debug);
        try {
            return commandLine.execute(ConfigFile.expand(commandLine, args));
        } catch (final CommandLine.ParameterException e) {
            return usageError(e);
        } catch (final ConvokeException e) {
            return failed(e, debug);
        }
    }

    /** Without a subcommand there is nothing to do. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command? Choose "
            + String.join(", ", spec.subcommands().keySet()) + ".");
    }

    static CommandLine commandLine(final boolean debug) {
        final CommandLine commandLine = new CommandLine(new Convoke());
        NamedServices.all(CommandProvider.class)
            .forEach((name, provider) -> commandLine.addSubcommand(name, provider.command()));
        commandLine.setParameterExceptionHandler((e, arguments) -> usageError(e));
        commandLine.setExecutionExceptionHandler((e, command, result) -> failed(e, debug));
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.getSubcommands().get("config").setStopAtPositional(true);
        return commandLine;
    }

    private static int usageError(final CommandLine.ParameterException e) {
        e.getCommandLine().getErr().println("convoke: " + UsageError.sentence(e));
        return USAGE;
    }

    private static int failed(final Exception e, final boolean debug) {
        if (debug) {
            e.printStackTrace();
        } else if (e instanceof ConvokeException) {
            System.err.println("convoke: " + e.getMessage());
        } else {
            System.err.println("convoke: unexpected " + e.getClass().getSimpleName() + ": " + e.getMessage()
                + "; run again with --debug to see where.");
        }
        return e instanceof ConfigurationException ? USAGE : FAILED;
    }

    /** The unpacked distribution, or the working directory. */
    static Path home() {
        return Path.of(System.getProperty("convoke.home", "."));
    }
}
