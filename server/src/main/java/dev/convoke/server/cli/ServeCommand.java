package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.deployment.ServedDecoder;
import dev.convoke.server.http.ApiServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A decoder behind the HTTP API. */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Serves a model over HTTP, with its experts in this process or on expert hosts elsewhere.")
final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
    private static final Duration READY_LIMIT = Duration.ofSeconds(2);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(20);
    private static final int HIGHEST_PORT = 65_535;

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on. Default: ${DEFAULT-VALUE}",
        defaultValue = "127.0.0.1")
    private String host;

    @Option(names = "--port", paramLabel = "PORT", description = "Port to listen on; 0 takes a free one. "
        + "Default: ${DEFAULT-VALUE}", defaultValue = "8080")
    private int port;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public Integer call() throws InterruptedException {
        final InetSocketAddress address = address();
        final ServedDecoder served = decoder.start();
        final ApiServer api = listen(served, address);
        final ExpertSettings experts = decoder.experts().settings();
        LOG.info("model {}; backend {}", served.description(), served.backend());
        LOG.info("experts on {} {}", experts.addresses().size(), experts.local()
            ? experts.addresses().size() == 1 ? "host in this process" : "hosts in this process"
            : "hosts over " + experts.exchange() + ": " + String.join(", ", experts.addresses()));
        final boolean ready = served.awaitReady(READY_LIMIT);
        final Health health = served.health();
        LOG.info("{} on http://{}:{} in {} s", ready ? "ready" : "listening, but not ready,", host, api.port(),
            "%.2f".formatted(Lifetime.secondsSinceStart()));
        if (!ready) {
            LOG.warn("{}", String.join(" ", health.reasons()));
            Thread.ofVirtual().name("readiness").start(() -> announceReady(served));
        }
        final Throwable failure = Lifetime.run(() -> {
            LOG.info("stopping: running requests may finish");
            api.close();
            served.close();
            LOG.info("stopped");
        }, served::failure);
        throw new ConvokeException("The decoder has failed and the server stops: " + failure, failure);
    }

    private static void announceReady(final ServedDecoder served) {
        try {
            if (served.awaitReady(Duration.ofDays(1))) {
                LOG.info("ready: all experts are reached");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private InetSocketAddress address() {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new ConfigurationException("port is " + port + "; choose 0 to " + HIGHEST_PORT + ".");
        }
        final InetAddress resolved;
        try {
            resolved = InetAddress.getByName(host);
        } catch (final UnknownHostException e) {
            throw new ConfigurationException("host is '" + host + "', which is no address of this machine.", e);
        }
        if (!resolved.isLoopbackAddress()) {
            decoder.experts().requireInsecureNetwork(host + ":" + port);
        }
        final InetSocketAddress address = new InetSocketAddress(resolved, port);
        requireFree(address);
        return address;
    }

    /** Finds out before the model is loaded. */
    private static void requireFree(final InetSocketAddress address) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(address);
        } catch (final IOException e) {
            throw new ConfigurationException("Port " + address.getPort() + " of " + address.getHostString()
                + " cannot be listened on (" + e.getMessage() + "); choose another one with --port.", e);
        }
    }

    private static ApiServer listen(final ServedDecoder served, final InetSocketAddress address) {
        try {
            return new ApiServer(served, address, new SecureRandom()::nextLong, DRAIN_LIMIT);
        } catch (final RuntimeException e) {
            served.close();
            throw e;
        }
    }
}
