package dev.convoke.server.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What a command line and its file come to. */
@Command(name = "config", mixinStandardHelpOptions = true,
    description = "Checks and prints the settings another command would run with, as a file for --config.")
final class ConfigCommand implements Callable<Integer> {
    @Parameters(paramLabel = "COMMAND [OPTION...]", arity = "0..*",
        description = "The command and its options, for example: serve --config FILE --port 9000")
    private List<String> arguments = List.of();

    @Option(names = "--markdown", description = "Prints a page of all options of all commands instead.")
    private boolean markdown;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final PrintWriter out = spec.commandLine().getOut();
        if (markdown) {
            out.print(OptionPage.of(Convoke.commandLine(false)));
        } else if (arguments.isEmpty()) {
            throw new CommandLine.ParameterException(spec.commandLine(), "Of which command? For example: config serve");
        } else {
            out.print(effective(arguments.toArray(String[]::new)));
        }
        out.flush();
        return 0;
    }

    private static String effective(final String... given) {
        final ParseResult byHand = last(Convoke.commandLine(false).parseArgs(given));
        final CommandLine fresh = Convoke.commandLine(false);
        final ParseResult all = last(fresh.parseArgs(ConfigFile.expand(fresh, given)));
        if (all.commandSpec().userObject() instanceof Checkable command) {
            command.check();
        }
        return EffectiveSettings.yaml(all, byHand);
    }

    private static ParseResult last(final ParseResult result) {
        return result.hasSubcommand() ? last(result.subcommand()) : result;
    }
}
