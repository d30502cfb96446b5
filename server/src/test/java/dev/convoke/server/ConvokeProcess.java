package dev.convoke.server;

import dev.convoke.server.cli.Convoke;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Convoke in a process of its own, with the class path and flags of this one. What it says is kept. */
public final class ConvokeProcess implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;
    private static final Pattern FLAG = Pattern.compile("--.*|-XX:.*|-D(ai\\.djl|OPT_OUT).*");

    private final Process process;
    private final Thread reading;
    private final StringBuffer said = new StringBuffer();

    private ConvokeProcess(final Process process) {
        this.process = process;
        this.reading = Thread.ofVirtual().start(this::read);
    }

    /** Starts a command with a heap of 256 MB. */
    public static ConvokeProcess start(final String... arguments) {
        return startWith(List.of("-Xmx256m"), arguments);
    }

    /** Starts a command with further flags for its virtual machine. */
    public static ConvokeProcess startWith(final List<String> flags, final String... arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> FLAG.matcher(flag).matches()).forEach(command::add);
        command.addAll(flags);
        command.addAll(List.of("-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Convoke.class.getName()));
        command.addAll(Arrays.asList(arguments));
        try {
            return new ConvokeProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts an expert host. */
    public static ConvokeProcess expertHost(final Path model, final String dtype, final String exchange,
        final String addresses, final int index, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("expert-host", "--model", model.toString(), "--dtype",
            dtype, "--exchange", exchange, "--expert-hosts", addresses, "--host-index", Integer.toString(index),
            "--threads", "1"));
        arguments.addAll(Arrays.asList(more));
        return start(arguments.toArray(String[]::new));
    }

    /** A loopback address for UDP whose port, and the one after it, are free now. */
    public static String freeUdpAddress() {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        for (int attempt = 0; attempt < 100; attempt++) {
            try (DatagramSocket first = new DatagramSocket(new InetSocketAddress(loopback, 0));
                DatagramSocket _ = new DatagramSocket(new InetSocketAddress(loopback, first.getLocalPort() + 1))) {
                return "127.0.0.1:" + first.getLocalPort();
            } catch (final IOException | IllegalArgumentException e) {
                // The next port is taken: try another pair.
            }
        }
        throw new AssertionError("no two free ports in a row");
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                said.append(line).append('\n');
            }
        } catch (final IOException e) {
            said.append(e).append('\n');
        }
    }

    /** Waits until it has said something that contains the text. */
    public void awaitSaying(final String text) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (said.indexOf(text) < 0) {
            if (System.nanoTime() > deadlineNs || !reading.isAlive() && said.indexOf(text) < 0) {
                throw new AssertionError("it never said '" + text + "' but:\n" + said);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** Types a line. */
    public void say(final String line) {
        try {
            process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Its id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** All it has said. */
    public String said() {
        return said.toString();
    }

    /** Sends SIGTERM and returns the exit code. */
    public int terminate() {
        process.toHandle().destroy();
        return awaitExit();
    }

    /** Sends SIGKILL and waits for the end. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Waits for the end and returns the exit code. */
    public int awaitExit() {
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it does not end:\n" + said);
            }
            reading.join();
            return process.exitValue();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
