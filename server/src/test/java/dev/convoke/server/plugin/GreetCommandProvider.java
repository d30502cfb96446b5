package dev.convoke.server.plugin;

import dev.convoke.server.CommandProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Adds {@code convoke greet}. */
public final class GreetCommandProvider implements CommandProvider {
    @Override
    public String name() {
        return "greet";
    }

    @Override
    public Object command() {
        return new Greet();
    }

    @Command(name = "greet", description = "Greets.")
    static final class Greet implements Runnable {
        @Option(names = "--who", defaultValue = "world")
        private String who;

        @Override
        public void run() {
            System.out.println("hello " + who);
        }
    }
}
