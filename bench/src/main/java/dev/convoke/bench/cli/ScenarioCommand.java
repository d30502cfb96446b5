package dev.convoke.bench.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Named scenarios, which write the page and the history of figures. */
@Command(name = "scenario", mixinStandardHelpOptions = true,
    description = "Measures named scenarios in the same way each time, and writes docs/performance.md and "
        + "docs/perf-history.jsonl.",
    subcommands = {ScenarioListCommand.class, ScenarioRunCommand.class})
final class ScenarioCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
