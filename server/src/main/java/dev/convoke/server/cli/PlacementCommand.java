package dev.convoke.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What there is to know and do about where experts are. */
@Command(name = "placement", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Records which experts are chosen, and shows what that says about where they should be.",
    subcommands = {PlacementRecordCommand.class, PlacementStatsCommand.class})
final class PlacementCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /** Without a subcommand there is nothing to do. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command? Choose "
            + String.join(", ", spec.subcommands().keySet()) + ".");
    }
}
