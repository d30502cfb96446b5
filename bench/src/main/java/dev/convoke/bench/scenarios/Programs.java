package dev.convoke.bench.scenarios;

import java.util.List;

/** Runs what a scenario asks for, each time in a process of its own. */
public interface Programs {
    /**
     * Runs a benchmark to its end.
     *
     * @param arguments of {@code convoke bench}
     * @param judges    whether exit code 1 is as good as 0
     * @return what it printed
     * @throws dev.convoke.core.ConvokeException with its own words, if it failed
     */
    String bench(List<String> arguments, boolean judges) throws InterruptedException;

    /**
     * Starts a server and waits until it is ready; closing the result ends it.
     *
     * @param arguments of {@code convoke serve}
     */
    AutoCloseable serve(int port, List<String> arguments);
}
