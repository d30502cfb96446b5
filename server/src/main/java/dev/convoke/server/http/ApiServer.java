package dev.convoke.server.http;

import dev.convoke.core.ConvokeException;
import dev.convoke.server.Metrics;
import dev.convoke.server.ServedModel;
import dev.convoke.server.Version;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
    private final ClientWatch clientWatch = new ClientWatch();
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
        this.pings = new Pings(settings.pingInterval());
        final InetSocketAddress address = settings.address();
        final ApiContext context = new ApiContext(model, new Logprobs(new TokenTexts(model.tokenizer())), randoms);
        final WebServerConfig.Builder builder = WebServer.builder();
        settings.tls().ifPresent(tls -> builder.tls(Tls.builder().sslContext(tls).build()));
        this.server = builder
            .address(address.getAddress())
            .port(address.getPort())
            .shutdownHook(false)
            .shutdownGracePeriod(LAST_BYTES)
            .maxPayloadSize(settings.mostBodyBytes())
            .maxTcpConnections(settings.mostConnections())
            .connectionOptions(SocketOptions.builder().tcpNoDelay(true)
                .readTimeout(settings.readTimeout()).build())
            .protocolsDiscoverServices(false)
            .addProtocol(Http1Config.builder().addReceiveListener(clientWatch).build())
            .directHandlers(handlers -> {
                for (final DirectHandler.EventType type : DirectHandler.EventType.values()) {
                    handlers.addHandler(type, this::refuse);
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
        routing.any(admitted("unknown", (request, response) -> {
            throw ApiException.unknownRoute(request.prologue().method().text(), request.path().rawPath());
        }));
    }

    private Handler generation(final Endpoint endpoint, final ServedModel model) {
        return new GenerationRoute(endpoint, model, active, clientWatch, pings, metrics);
    }

    private void open(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.get(path, guarded(path, handler));
        routing.any(path, guarded(path, (request, response) -> refuseMethod(request, response, "GET")));
    }

    private void get(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.get(path, admitted(path, handler));
        routing.any(path, admitted(path, (request, response) -> refuseMethod(request, response, "GET")));
    }

    private void post(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.post(path, admitted(path, handler));
        routing.any(path, admitted(path, (request, response) -> refuseMethod(request, response, "POST")));
    }

    /** For those who have a key. */
    private Handler admitted(final String route, final Handler handler) {
        return guarded(route, (request, response) -> {
            if (!settings.keys().admits(request.headers().first(HeaderNames.AUTHORIZATION).orElse(null))) {
                throw ApiException.unauthorized();
            }
            handler.handle(request, response);
        });
    }

    private void showMetrics(final ServerRequest request, final ServerResponse response) throws IOException {
        final String accept = request.headers().first(HeaderNames.ACCEPT).orElse(null);
        final ByteArrayOutputStream page = new ByteArrayOutputStream();
        metrics.write(accept, page);
        response.header(HeaderNames.CONTENT_TYPE, metrics.mediaType(accept));
        response.send(page.toByteArray());
    }

    private static void refuseMethod(final ServerRequest request, final ServerResponse response,
        final String allowed) {
        response.header(HeaderNames.ALLOW, allowed);
        throw ApiException.wrongMethod(request.prologue().method().text(), request.path().rawPath(), allowed);
    }

    /** Turns what goes wrong into an error body; a client that has left gets nothing. */
    private Handler guarded(final String route, final Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (final ApiException e) {
                Answers.send(response, e);
            } catch (final CloseConnectionException | UncheckedIOException e) {
                throw new CloseConnectionException("the client left", e);
            } catch (final RequestException e) {
                throw e;
            } catch (final RuntimeException e) {
                LOG.error("{} failed unexpectedly; this is a defect.", route, e);
                Answers.send(response, ApiException.failed("The server failed unexpectedly; see its log."));
            } catch (final InterruptedException e) {
                Answers.send(response, ApiException.notReady("The server is shutting down."));
            } finally {
                metrics.onAnswer(route, response.status().code());
            }
        };
    }

    /** What the web server refuses by itself, and what no handler caught. */
    private DirectHandler.TransportResponse refuse(final DirectHandler.TransportRequest request,
        final DirectHandler.EventType type, final Status status, final ServerResponseHeaders headers,
        final String message) {
        // Handlers answer what fails in them; what arrives here as an internal error is a request that is no HTTP.
        final Status told = status.code() == Status.INTERNAL_SERVER_ERROR_500.code() ? Status.BAD_REQUEST_400 : status;
        final String sentence = told != status ? "The request is not valid HTTP."
            : status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
            ? "The body is larger than " + settings.mostBodyBytes() + " bytes; send less."
            : message == null || message.isEmpty() ? status.reasonPhrase() : message;
        headers.set(HeaderNames.CONTENT_TYPE, Answers.JSON);
        return DirectHandler.TransportResponse.builder()
            .status(told)
            .headers(headers)
            .entity(Json.bytes(ApiException.other(told.code(), sentence).body()))
            .build();
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
    }
}
