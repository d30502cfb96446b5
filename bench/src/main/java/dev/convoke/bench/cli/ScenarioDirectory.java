package dev.convoke.bench.cli;

import dev.convoke.bench.scenarios.Scenarios;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where scenarios are. */
final class ScenarioDirectory {
    @Option(names = "--scenarios", paramLabel = "DIR", description = "Directory of scenarios; the shipped ones by "
        + "default.")
    private Path directory;

    Scenarios read() {
        return new Scenarios(directory == null ? Path.of(System.getProperty("convoke.home", "."), "scenarios")
            : directory);
    }
}
