package dev.convoke.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program once more, in a process of its own. */
public final class ConvokeProcess {
    private static final String MAIN_CLASS = "dev.convoke.server.cli.Convoke";

    private ConvokeProcess() {
    }

    /** With the Java, flags and class path of this process; not started yet. */
    public static ProcessBuilder of(final List<String> arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN_CLASS));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
