package dev.convoke.bench.resilience;

import dev.convoke.bench.ConvokeProcess;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Expert hosts and decoders as processes of this machine, connected by UDP, every expert on two of three hosts, and a
 * coordinator in the decoder, or in a process of its own which the others join. Hosts may be killed, stopped and
 * started again, and so may that coordinator.
 */
final class Deployment implements AutoCloseable {
    static final int HOSTS = 3;
    private static final int REPLICAS = 2;
    private static final int STATUS_PORTS = 50;
    private static final int COORDINATOR_PORT = 90;
    private static final int UDP_PORTS = 100;
    /** A host takes the port after its own, too. */
    private static final int PORTS_OF_HOST = 2;
    private static final long END_WITHIN_SECONDS = 10;

    private final Settings settings;
    private final List<String> addresses = new ArrayList<>();
    private final List<Process> hosts = new CopyOnWriteArrayList<>(Collections.nCopies(HOSTS, null));
    private final List<Process> decoders = new CopyOnWriteArrayList<>();
    private final List<ServerView> views = new ArrayList<>();
    private final List<StreamClient> clients = new ArrayList<>();
    private final String adminKey;
    private final Path keyFile;
    private final Path log;
    /** Null where the first decoder has the coordinator in it. */
    private final ServerView coordinatorView;
    private final Path coordinatorLog;
    private volatile Process coordinator;
    /** Ends the processes with this one, should that be ended. */
    private final Thread onExit = new Thread(this::killAll);

    /** No process yet. */
    private Deployment(final Settings settings, final boolean joined) throws IOException {
        this.settings = settings;
        Runtime.getRuntime().addShutdownHook(onExit);
        for (int host = 0; host < HOSTS; host++) {
            addresses.add("127.0.0.1:" + (settings.basePort() + UDP_PORTS + PORTS_OF_HOST * host));
        }
        adminKey = "trial-" + Long.toHexString(new SplittableRandom().nextLong());
        keyFile = Files.writeString(Files.createTempFile("convoke-resilience-", ".key"), adminKey + "\n");
        log = Files.createTempFile("convoke-resilience-", ".log");
        coordinatorLog = log.resolveSibling(log.getFileName() + ".coordinator");
        coordinatorView = joined ? new ServerView(URI.create("http://127.0.0.1:" + coordinatorPort()), adminKey) : null;
    }

    private int coordinatorPort() {
        return settings.basePort() + COORDINATOR_PORT;
    }

    /**
     * Starts hosts and decoders, and waits until all serve.
     *
     * @param ofHosts    further options of every host
     * @param ofDecoders further options of each decoder; they share the hosts
     */
    static Deployment start(final Settings settings, final StreamClient.Connector connector,
        final List<String> ofHosts, final List<List<String>> ofDecoders) throws InterruptedException {
        return started(settings, connector, false, ofHosts, ofDecoders);
    }

    /**
     * Starts a coordinator, and hosts and a decoder that join it, and waits until all serve and hosts have their share.
     *
     * @param ofHosts further options of every host
     */
    static Deployment startJoined(final Settings settings, final StreamClient.Connector connector,
        final List<String> ofHosts) throws InterruptedException {
        return started(settings, connector, true, ofHosts, List.of(List.of()));
    }

    private static Deployment started(final Settings settings, final StreamClient.Connector connector,
        final boolean joined, final List<String> ofHosts, final List<List<String>> ofDecoders)
        throws InterruptedException {
        final Deployment deployment;
        try {
            deployment = new Deployment(settings, joined);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            deployment.startAll(connector, ofHosts, ofDecoders);
            return deployment;
        } catch (final RuntimeException | InterruptedException e) {
            deployment.close();
            throw e;
        }
    }

    private void startAll(final StreamClient.Connector connector, final List<String> ofHosts,
        final List<List<String>> ofDecoders) throws InterruptedException {
        if (coordinatorView != null) {
            startCoordinator();
            awaitCoordinatorReady();
        }
        for (int host = 0; host < HOSTS; host++) {
            startHost(host, ofHosts);
        }
        for (int decoder = 0; decoder < ofDecoders.size(); decoder++) {
            startDecoder(decoder, ofDecoders.get(decoder));
            clients.add(connector.connect(views.get(decoder).address()));
        }
        for (final ServerView view : views) {
            Waiting.until("the decoder at " + view.address() + " serves; the processes said:\n" + said(),
                () -> checked(view));
        }
        if (coordinatorView != null) {
            Waiting.until("all hosts have their share; the processes said:\n" + said(),
                () -> checked(view()) && coordinatorView.isAtRest());
        }
    }

    private boolean checked(final ServerView view) {
        if (all().stream().anyMatch(process -> !process.isAlive())) {
            throw new ConvokeException("A process of the deployment ended; they said:\n" + said());
        }
        return view.isComplete();
    }

    private String said() {
        try {
            return Files.readString(log);
        } catch (final IOException e) {
            return e.toString();
        }
    }

    private Process start(final String role, final List<String> own, final List<String> more) {
        final List<String> arguments = new ArrayList<>(List.of(role, "--model", settings.model(), "--exchange",
            "aeron-udp", "--threads", "1"));
        arguments.addAll(own);
        arguments.addAll(more);
        try {
            return ConvokeProcess.of(arguments).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How a host or a decoder knows of the others. */
    private List<String> wiring() {
        return coordinatorView == null
            ? List.of("--expert-hosts", String.join(",", addresses), "--replicas", Integer.toString(REPLICAS))
            : List.of("--join", coordinatorView.address().toString(), "--join-key-file", keyFile.toString());
    }

    /** Starts a host that does not run. */
    void startHost(final int host, final List<String> options) {
        final List<String> own = new ArrayList<>(wiring());
        own.addAll(coordinatorView == null ? List.of("--host-index", Integer.toString(host))
            : List.of("--listen", addresses.get(host)));
        own.addAll(List.of("--metrics-port", Integer.toString(statusPort(host))));
        hosts.set(host, start("expert-host", own, options));
    }

    /** Starts the coordinator, which does not run; it goes on from its log. */
    void startCoordinator() {
        coordinator = start("coordinator", List.of("--port", Integer.toString(coordinatorPort()), "--replicas",
            Integer.toString(REPLICAS), "--max-hosts", Integer.toString(HOSTS), "--coordinator-log",
            coordinatorLog.toString(), "--admin-key-file", keyFile.toString()), List.of());
    }

    /** Waits until it answers; returns when. */
    long awaitCoordinatorReady() throws InterruptedException {
        return Waiting.until("the coordinator answers; the processes said:\n" + said(),
            () -> coordinatorView.isReady(coordinatorView.address().resolve("/ready")));
    }

    /** Kills the coordinator as {@code kill -9} does, and waits until it is no more. */
    void killCoordinator() throws InterruptedException {
        coordinator.destroyForcibly();
        coordinator.waitFor();
    }

    private int statusPort(final int host) {
        return settings.basePort() + STATUS_PORTS + host;
    }

    private void startDecoder(final int decoder, final List<String> options) {
        final int port = settings.basePort() + decoder;
        final List<String> own = new ArrayList<>(wiring());
        own.addAll(List.of("--port", Integer.toString(port), "--admin-key-file", keyFile.toString()));
        decoders.add(start("serve", own, options));
        views.add(new ServerView(URI.create("http://127.0.0.1:" + port), adminKey));
    }

    /** Kills a host as {@code kill -9} does, and waits until it is no more. */
    void killHost(final int host) throws InterruptedException {
        hosts.get(host).destroyForcibly();
        hosts.get(host).waitFor();
    }

    /** Stops a host, with {@code -STOP}, or lets it go on, with {@code -CONT}. */
    void signalHost(final int host, final String signal) throws InterruptedException {
        try {
            if (new ProcessBuilder("kill", signal, Long.toString(hosts.get(host).pid())).start().waitFor() != 0) {
                throw new ConvokeException("A host could not be sent " + signal + ".");
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a host that was started says that it is ready; returns when. */
    long awaitHostReady(final int host) throws InterruptedException {
        final URI page = URI.create("http://127.0.0.1:" + statusPort(host) + "/ready");
        return Waiting.until("expert host " + host + " is ready", () -> views.getFirst().isReady(page));
    }

    /** Waits until a host has its part of the work, be it that it answers what others are not asked; returns when. */
    long awaitCarriesLoad(final int host) throws InterruptedException {
        final Map<String, String> labels = Map.of("host", addresses.get(host));
        final double[] rows = {Double.NaN};
        return Waiting.until("expert host " + host + " carries load", () -> {
            final var metrics = view().metrics();
            final boolean trusted = metrics.sum("moe_expert_host_up", labels) == 1
                && metrics.sum("moe_host_breaker", labels) == 0;
            final double before = rows[0];
            rows[0] = trusted ? metrics.sum("moe_combine_rows_total", labels) : Double.NaN;
            return rows[0] > before;
        });
    }

    /** The coordinator that the others joined. */
    ServerView coordinator() {
        return coordinatorView;
    }

    /** The first decoder. */
    ServerView view() {
        return views.getFirst();
    }

    ServerView view(final int decoder) {
        return views.get(decoder);
    }

    /** Clients of the first decoder. */
    StreamClient client() {
        return clients.getFirst();
    }

    StreamClient client(final int decoder) {
        return clients.get(decoder);
    }

    private List<Process> all() {
        final List<Process> all = new ArrayList<>(decoders);
        hosts.stream().filter(host -> host != null).forEach(all::add);
        if (coordinator != null) {
            all.add(coordinator);
        }
        return all;
    }

    /** At once: otherwise they would finish their work first, with hosts that may be stopped. */
    private void killAll() {
        all().forEach(Process::destroyForcibly);
    }

    /** Ends all processes. */
    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(onExit);
        clients.forEach(StreamClient::close);
        views.forEach(ServerView::close);
        if (coordinatorView != null) {
            coordinatorView.close();
        }
        killAll();
        try {
            for (final Process process : all()) {
                process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS);
            }
            Files.deleteIfExists(log);
            Files.deleteIfExists(coordinatorLog);
            Files.deleteIfExists(keyFile);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
