package dev.convoke.server.http;

import dev.convoke.server.Health;
import dev.convoke.server.Metrics;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Health, version and metrics of a process that has no API. Listens from its construction to {@link #close()}. */
public final class StatusServer implements AutoCloseable {
    private final GuardedServer server;

    /**
     * Binds and starts.
     *
     * @param address port 0 takes a free one
     * @param health  asked at each request; thread-safe
     * @param randoms 64 random bits at each call; thread-safe
     */
    public StatusServer(final InetSocketAddress address, final Supplier<Health> health, final Metrics metrics,
        final LongSupplier randoms) {
        final ApiSettings settings = ApiSettings.open(address, Duration.ZERO);
        final ClientConnections connections = new ClientConnections(settings.limits());
        server = new GuardedServer(settings, connections, new RequestGuard(settings, connections, metrics, randoms),
            routes -> {
                routes.open("/health", new HealthRoute(health));
                routes.open("/ready", new HealthRoute(health));
                routes.open("/version", new VersionRoute());
                routes.open("/metrics", new MetricsRoute(metrics));
            });
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
    }
}
