package dev.convoke.bench.cli;

import dev.convoke.bench.scenarios.Figure;
import dev.convoke.bench.scenarios.Scenario;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What scenarios there are. */
@Command(name = "list", mixinStandardHelpOptions = true, description = "Names the scenarios, and the goals they have.")
final class ScenarioListCommand implements Callable<Integer> {
    @Mixin
    private ScenarioDirectory directory = new ScenarioDirectory();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final PrintWriter out = spec.commandLine().getOut();
        for (final Scenario scenario : directory.read().all()) {
            out.println(scenario.name() + ": " + scenario.sentence());
            for (final Figure figure : scenario.figures()) {
                figure.goal().ifPresent(goal -> out.println("    " + figure.name() + ": " + goal + " "
                    + figure.unit()));
            }
        }
        out.flush();
        return 0;
    }
}
