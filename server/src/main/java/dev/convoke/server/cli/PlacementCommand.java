package dev.convoke.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What there is to know and do about where experts are. */
@Command(name = "placement", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    description = "Records which experts are chosen, shows what that says about where they should be, and shows and "
        + "changes where they are.",
    subcommands = {PlacementRecordCommand.class, PlacementStatsCommand.class, LivePlacement.Show.class,
        LivePlacement.Export.class, LivePlacement.Apply.class})
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
