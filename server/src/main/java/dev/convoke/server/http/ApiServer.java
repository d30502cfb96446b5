package dev.convoke.server.http;

import dev.convoke.core.ConvokeException;
import dev.convoke.server.Metrics;
import dev.convoke.server.ServedModel;
import dev.convoke.server.Version;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server. Listens from its construction to {@link #close()}. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);

    private final ActiveGenerations active = new ActiveGenerations();
    private final ClientConnections connections;
    private final ClientWatch clientWatch;
    private final GenerationLimit limit;
    private final RequestGuard guard;
    private final WebServer server;
    private final ApiSettings settings;
    private final Metrics metrics;
    private final Pings pings;

    /**
     * Binds and starts.
     *
     * @param randoms 64 random bits at each call; thread-safe
     */
    public ApiServer(final ServedModel model, final ApiSettings settings, final Metrics metrics,
        final LongSupplier randoms) {
        this.settings = settings;
        this.metrics = metrics;
        this.connections = new ClientConnections(settings.limits());
        this.clientWatch = new ClientWatch(connections);
        this.limit = new GenerationLimit(settings.limits().mostGenerations());
        this.guard = new RequestGuard(settings, connections, metrics, randoms);
        this.pings = new Pings(settings.pingInterval());
        final InetSocketAddress address = settings.address();
        final ApiContext context = new ApiContext(model, new Logprobs(new TokenTexts(model.tokenizer())), randoms,
            settings.requestMetrics());
        final WebServerConfig.Builder builder = WebServer.builder();
        settings.tls().ifPresent(tls -> builder.tls(Tls.builder().sslContext(tls).build()));
        this.server = builder
            .address(address.getAddress())
            .port(address.getPort())
            .shutdownHook(false)
            .shutdownGracePeriod(LAST_BYTES)
            .maxPayloadSize(settings.limits().mostBodyBytes())
            .maxTcpConnections(settings.limits().mostConnections())
            .connectionOptions(SocketOptions.builder().tcpNoDelay(true)
                .readTimeout(settings.limits().readTimeout()).build())
            // Its sockets keep the read timeout, which counts here until the handshake is done.
            .useNio(settings.tls().isEmpty())
            .protocolsDiscoverServices(false)
            .addConnectionSelector(connections)
            .directHandlers(handlers -> {
                for (final DirectHandler.EventType type : DirectHandler.EventType.values()) {
                    handlers.addHandler(type, guard::refuse);
                }
            })
            .routing(routing -> route(routing, model, context))
            .build()
            .start();
        if (!server.isRunning()) {
            throw new ConvokeException("The web server could not listen on " + address
                + "; see the log for the reason.");
        }
    }

    private void route(final HttpRouting.Builder routing, final ServedModel model, final ApiContext context) {
        final ModelRoutes models = new ModelRoutes(model);
        final TokenRoutes tokens = new TokenRoutes(context);
        final HealthRoute health = new HealthRoute(model, active);
        open(routing, "/health", health);
        open(routing, "/ready", health);
        open(routing, "/ping", health);
        get(routing, "/version", (request, response) -> Answers.send(response, 200,
            Json.object().put("version", Version.current())));
        get(routing, "/metrics", this::showMetrics);
        post(routing, "/tokenize", tokens::tokenize);
        post(routing, "/detokenize", tokens::detokenize);
        get(routing, "/v1/models", models::list);
        get(routing, "/v1/models/{model}", models::one);
        post(routing, "/v1/completions", generation(new CompletionEndpoint(context), model));
        post(routing, "/v1/chat/completions", generation(new ChatEndpoint(context), model));
        routing.any(guard.admitted("unknown", (request, response) -> {
            throw ApiException.unknownRoute(request.prologue().method().text(), request.path().rawPath());
        }));
    }

    private Handler generation(final Endpoint endpoint, final ServedModel model) {
        return new GenerationRoute(endpoint, model, limit, active, clientWatch, pings, metrics);
    }

    private void open(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.get(path, guard.open(path, handler));
        routing.any(path, guard.open(path, (request, response) -> RequestGuard.refuseMethod(request, response, "GET")));
    }

    private void get(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.get(path, guard.admitted(path, handler));
        routing.any(path, guard.admitted(path, (request, response) -> RequestGuard.refuseMethod(request, response,
            "GET")));
    }

    private void post(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.post(path, guard.admitted(path, handler));
        routing.any(path, guard.admitted(path, (request, response) -> RequestGuard.refuseMethod(request, response,
            "POST")));
    }

    private void showMetrics(final ServerRequest request, final ServerResponse response) throws IOException {
        final String accept = request.headers().first(HeaderNames.ACCEPT).orElse(null);
        final ByteArrayOutputStream page = new ByteArrayOutputStream();
        metrics.write(accept, page);
        response.header(HeaderNames.CONTENT_TYPE, metrics.mediaType(accept));
        response.send(page.toByteArray());
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
        } catch (final InterruptedException e) {
            LOG.warn("Interrupted while requests were still being answered.");
            Thread.currentThread().interrupt();
        }
        clientWatch.close();
        pings.close();
        server.stop();
        connections.close();
    }
}
