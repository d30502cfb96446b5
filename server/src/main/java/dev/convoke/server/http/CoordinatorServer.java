package dev.convoke.server.http;

import dev.convoke.server.ControlPlane;
import dev.convoke.server.Health;
import dev.convoke.server.Metrics;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The routes of a coordinator that is a process of its own. Listens from its construction to {@link #close()}. */
public final class CoordinatorServer implements AutoCloseable {
    private final GuardedServer server;

    /**
     * Binds and starts.
     *
     * @param health  asked at each request; thread-safe
     * @param control must outlive the server
     * @param randoms 64 random bits at each call; thread-safe
     */
    public CoordinatorServer(final ApiSettings settings, final Supplier<Health> health, final ControlPlane control,
        final Metrics metrics, final LongSupplier randoms) {
        final ClientConnections connections = new ClientConnections(settings.limits());
        server = new GuardedServer(settings, connections, new RequestGuard(settings, connections, metrics, randoms),
            routes -> {
                routes.open("/health", new HealthRoute(health));
                routes.open("/ready", new HealthRoute(health));
                routes.get("/version", new VersionRoute());
                routes.get("/metrics", new MetricsRoute(metrics));
                AdminRoutes.add(routes, Optional.empty(), Optional.of(control));
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
