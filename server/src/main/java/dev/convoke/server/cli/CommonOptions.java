package dev.convoke.server.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of every command that runs a role. */
final class CommonOptions {
    @Option(names = ConfigFile.OPTION, paramLabel = "FILE",
        description = "YAML file whose keys are these options without the dashes; options given here win.")
    private Path config;

    @Option(names = "--debug", description = "Log more, and print stack traces.")
    private boolean debug;
}
