package dev.convoke.bench.cli;

import dev.convoke.bench.MachineDescription;
import dev.convoke.bench.scenarios.Outcome;
import dev.convoke.bench.scenarios.PerformanceHistory;
import dev.convoke.bench.scenarios.PerformancePage;
import dev.convoke.bench.scenarios.RunPlace;
import dev.convoke.bench.scenarios.Scenario;
import dev.convoke.bench.scenarios.ScenarioRun;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Does scenarios. One that fails does not keep the next from its turn; exit code 1 then. */
@Command(name = "run", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Does scenarios, one after the other, and writes their figures into docs/performance.md and "
        + "docs/perf-history.jsonl.")
final class ScenarioRunCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of scenarios, or all.")
    private List<String> names;

    @Option(names = "--quick", description = "Only try them out: short runs, and nothing is written.")
    private boolean quick;

    @Option(names = "--docs", paramLabel = "DIR", defaultValue = "docs",
        description = "Directory of performance.md and perf-history.jsonl. Default: ${DEFAULT-VALUE}")
    private Path docs;

    @Option(names = "--work", paramLabel = "DIR", description = "Directory of checkpoints with random weights, which "
        + "are kept for the next time. Default: convoke-scenarios among the temporary files")
    private Path work = Path.of(System.getProperty("java.io.tmpdir"), "convoke-scenarios");

    @Mixin
    private ScenarioDirectory directory = new ScenarioDirectory();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        final List<Scenario> scenarios = directory.read().named(names);
        final Optional<PerformancePage> page = quick ? Optional.empty()
            : Optional.of(new PerformancePage(docs.resolve("performance.md")));
        final PerformanceHistory history = new PerformanceHistory(docs.resolve("perf-history.jsonl"));
        final RunPlace place = new RunPlace(Instant.now().truncatedTo(ChronoUnit.SECONDS),
            new SourceState(docs).commit(), MachineDescription.here());
        final ScenarioRun run = new ScenarioRun(new ScenarioPrograms(), madeDirectory(), quick);
        boolean failed = false;
        for (final Scenario scenario : scenarios) {
            try {
                final Outcome outcome = run.run(scenario);
                print(outcome);
                page.ifPresent(written -> {
                    written.write(outcome, place);
                    history.append(outcome, place);
                });
            } catch (final ConvokeException e) {
                spec.commandLine().getErr().println(scenario.name() + ": " + e.getMessage());
                failed = true;
            }
        }
        return failed ? 1 : 0;
    }

    private Path madeDirectory() {
        try {
            return Files.createDirectories(work);
        } catch (final IOException e) {
            throw new ConvokeException("The directory " + work + " cannot be made; name another one with --work.", e);
        }
    }

    private void print(final Outcome outcome) {
        final PrintWriter out = spec.commandLine().getOut();
        outcome.shown().forEach(shown -> out.println(shown.command() + "\n\n" + shown.text().strip() + "\n"));
        out.println(outcome.scenario().name() + ": " + outcome.scenario().sentence() + "\n\n" + outcome.table());
        out.println("goals: " + outcome.verdict() + ", " + outcome.seconds() + " s\n");
        out.flush();
    }
}
