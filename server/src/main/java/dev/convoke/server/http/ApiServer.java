package dev.convoke.server.http;

import dev.convoke.server.ControlPlane;
import dev.convoke.server.Health;
import dev.convoke.server.Metrics;
import dev.convoke.server.ServedModel;
import io.helidon.webserver.http.Handler;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server. Listens from its construction to {@link #close()}. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    private final ActiveGenerations active = new ActiveGenerations();
    private final ClientConnections connections;
    private final ClientWatch clientWatch;
    private final GenerationLimit limit;
    private final GuardedServer server;
    private final ApiSettings settings;
    private final Metrics metrics;
    private final Pings pings;
    private final RoutingTraceRoutes traces;

    /** Without a coordinator of its own; otherwise as the other. */
    public ApiServer(final ServedModel model, final ApiSettings settings, final Metrics metrics,
        final LongSupplier randoms) {
        this(model, Optional.empty(), settings, metrics, randoms);
    }

    /**
     * Binds and starts.
     *
     * @param control that operators, expert hosts and other decoders reach here; must outlive the server
     * @param randoms 64 random bits at each call; thread-safe
     */
    public ApiServer(final ServedModel model, final Optional<ControlPlane> control, final ApiSettings settings,
        final Metrics metrics, final LongSupplier randoms) {
        this.settings = settings;
        this.metrics = metrics;
        this.connections = new ClientConnections(settings.limits());
        this.clientWatch = new ClientWatch(connections);
        this.traces = new RoutingTraceRoutes(model.recorder(), clientWatch);
        this.limit = new GenerationLimit(settings.limits().mostGenerations());
        final RequestGuard guard = new RequestGuard(settings, connections, metrics, randoms);
        this.pings = new Pings(settings.pingInterval());
        final ApiContext context = new ApiContext(model, new Logprobs(new TokenTexts(model.tokenizer())), randoms,
            settings.requestMetrics());
        this.server = new GuardedServer(settings, connections, guard, routes -> route(routes, model, control, context));
    }

    private void route(final GuardedServer.Routes routes, final ServedModel model, final Optional<ControlPlane> control,
        final ApiContext context) {
        final ModelRoutes models = new ModelRoutes(model);
        final TokenRoutes tokens = new TokenRoutes(context);
        final HealthRoute health = new HealthRoute(() ->
            active.isDraining() ? Health.notReady("The server is shutting down.") : model.health());
        routes.open("/health", health);
        routes.open("/ready", health);
        routes.open("/ping", health);
        routes.get("/version", new VersionRoute());
        routes.get("/metrics", new MetricsRoute(metrics));
        routes.post("/tokenize", tokens::tokenize);
        routes.post("/detokenize", tokens::detokenize);
        routes.get("/v1/models", models::list);
        routes.get("/v1/models/{model}", models::one);
        routes.post("/v1/completions", generation(new CompletionEndpoint(context), model));
        routes.post("/v1/chat/completions", generation(new ChatEndpoint(context), model));
        AdminRoutes.add(routes, Optional.of(traces), control);
    }

    private Handler generation(final Endpoint endpoint, final ServedModel model) {
        return new GenerationRoute(endpoint, model, limit, active, clientWatch, pings, metrics);
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** Generations that are being answered. */
    public int activeGenerations() {
        return active.count();
    }

    /** Refuses new requests, lets those that run finish up to the limit, and stops listening. */
    @Override
    public void close() {
        try {
            active.drain(settings.drainLimit());
            traces.close(settings.drainLimit());
        } catch (final InterruptedException e) {
            LOG.warn("Interrupted while requests were still being answered.");
            Thread.currentThread().interrupt();
        }
        clientWatch.close();
        pings.close();
        server.close();
    }
}
