package dev.convoke.server.cli;

import dev.convoke.server.Health;
import dev.convoke.server.Metrics;
import dev.convoke.server.http.StatusServer;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether and where a process without an API shows its health and metrics. */
final class StatusOptions {
    private static final Logger LOG = LoggerFactory.getLogger(StatusOptions.class);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--metrics-port", paramLabel = "PORT", description = "Port for /health, /ready, /version and "
        + "/metrics over HTTP; 0 takes a free one. Default: none is opened")
    private Integer port;

    @Option(names = "--metrics-host", paramLabel = "ADDRESS", description = "Address to listen on for them. "
        + "Default: ${DEFAULT-VALUE}", defaultValue = "127.0.0.1")
    private String host;

    /** Listens, if that was asked for. */
    Optional<StatusServer> listen(final ExpertOptions experts, final Supplier<Health> health, final Metrics metrics) {
        if (port == null && Setting.isGiven(options, "metrics-host")) {
            throw Setting.contradiction(options, "metrics-host", "metrics-port", "give both, or neither");
        }
        if (port == null) {
            return Optional.empty();
        }
        final InetSocketAddress address = ListenAddress.of("metrics-", host, port);
        if (!address.getAddress().isLoopbackAddress()) {
            experts.requireInsecureNetwork(host + ":" + port);
        }
        final StatusServer server = new StatusServer(address, health, metrics, new SecureRandom()::nextLong);
        LOG.info("metrics on http://{}:{}/metrics", host, server.port());
        return Optional.of(server);
    }
}
