package dev.convoke.bench.deployments;

import dev.convoke.bench.ConvokeProcess;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The processes of a deployment, each a Java process with this one's flags and class path; closing ends them. */
public final class RunningDeployment implements AutoCloseable {
    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(180);
    private static final long END_WITHIN_SECONDS = 10;

    private final Deployment deployment;
    private final Path log;
    private final CompletionClient client;
    private final List<Process> processes = new ArrayList<>();

    private RunningDeployment(final Deployment deployment, final Path log, final double temperature) {
        this.deployment = deployment;
        this.log = log;
        this.client = new CompletionClient(URI.create("http://127.0.0.1:" + deployment.httpPort()), temperature);
    }

    /** Starts them; what is asked of it later is sampled at that temperature. */
    public static RunningDeployment start(final Deployment deployment, final double temperature) {
        try {
            final RunningDeployment running =
                new RunningDeployment(deployment, Files.createTempFile("convoke-bench-", ".log"), temperature);
            for (final List<String> arguments : deployment.processes()) {
                running.processes.add(ConvokeProcess.of(arguments).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(running.log.toFile())).start());
            }
            return running;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return deployment.name();
    }

    CompletionClient client() {
        return client;
    }

    /** Waits until its decoder says it is ready; fails with the processes' own words if one of them ends. */
    public void awaitReady() {
        final long deadlineNs = System.nanoTime() + READY_WITHIN_NS;
        while (!client.isReady()) {
            if (processes.stream().anyMatch(process -> !process.isAlive()) || System.nanoTime() > deadlineNs) {
                throw new ConvokeException("The deployment '" + deployment.name() + "' did not become ready; it said:\n"
                    + output());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private String output() {
        try {
            return Files.readString(log);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        processes.reversed().forEach(Process::destroy);
        try {
            for (final Process process : processes) {
                if (!process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
            Files.deleteIfExists(log);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            processes.forEach(Process::destroyForcibly);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
