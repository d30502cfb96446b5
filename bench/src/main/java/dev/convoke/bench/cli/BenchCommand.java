package dev.convoke.bench.cli;

import dev.convoke.server.CommandProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command that holds all measurements. */
@Command(name = "bench", description = "Measure.", mixinStandardHelpOptions = true,
    subcommands = {DeploymentsCommand.class, ServeCommand.class, StagesCommand.class, MachineCommand.class,
        GateCommand.class, ExchangeCommand.class, ExpertsCommand.class, ModelCommand.class, KernelsCommand.class,
        QualityCommand.class, CapacityCommand.class, PlacementCommand.class, ReportCommand.class,
        ResilienceCommand.class, SynthesizeCommand.class, ScenarioCommand.class})
public final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Adds the command to the command line. */
    public static final class Provider implements CommandProvider {
        @Override
        public String name() {
            return "bench";
        }

        @Override
        public Object command() {
            return new BenchCommand();
        }
    }
}
