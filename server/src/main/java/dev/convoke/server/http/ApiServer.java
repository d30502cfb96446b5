package dev.convoke.server.http;

import dev.convoke.core.ConvokeException;
import dev.convoke.server.ServedModel;
import io.helidon.common.socket.SocketOptions;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server. Listens from its construction to {@link #close()}. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final long MOST_BODY_BYTES = 32L << 20;
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);

    private final ActiveGenerations active = new ActiveGenerations();
    private final ClientWatch clientWatch = new ClientWatch();
    private final WebServer server;
    private final Duration drainLimit;

    /**
     * Binds and starts.
     *
     * @param address    port 0 takes a free one
     * @param randoms    64 random bits at each call; thread-safe
     * @param drainLimit how long running generations may go on once it closes
     */
    public ApiServer(final ServedModel model, final InetSocketAddress address, final LongSupplier randoms,
        final Duration drainLimit) {
        this.drainLimit = drainLimit;
        final ApiContext context = new ApiContext(model, new Logprobs(new TokenTexts(model.tokenizer())), randoms);
        this.server = WebServer.builder()
            .address(address.getAddress())
            .port(address.getPort())
            .shutdownHook(false)
            .shutdownGracePeriod(LAST_BYTES)
            .maxPayloadSize(MOST_BODY_BYTES)
            .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
            .protocolsDiscoverServices(false)
            .addProtocol(Http1Config.builder().addReceiveListener(clientWatch).build())
            .directHandlers(handlers -> {
                for (final DirectHandler.EventType type : DirectHandler.EventType.values()) {
                    handlers.addHandler(type, ApiServer::refuse);
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
        get(routing, "/health", new HealthRoute(model, active));
        get(routing, "/v1/models", models::list);
        get(routing, "/v1/models/{model}", models::one);
        post(routing, "/v1/completions", new CompletionEndpoint(context), model);
        post(routing, "/v1/chat/completions", new ChatEndpoint(context), model);
        routing.any(guarded((request, response) -> {
            throw ApiException.unknownRoute(request.prologue().method().text(), request.path().rawPath());
        }));
    }

    private void get(final HttpRouting.Builder routing, final String path, final Handler handler) {
        routing.get(path, guarded(handler));
        routing.any(path, guarded((request, response) -> refuseMethod(request, response, "GET")));
    }

    private void post(final HttpRouting.Builder routing, final String path, final Endpoint endpoint,
        final ServedModel model) {
        routing.post(path, guarded(new GenerationRoute(endpoint, model, active, clientWatch)));
        routing.any(path, guarded((request, response) -> refuseMethod(request, response, "POST")));
    }

    private static void refuseMethod(final ServerRequest request, final ServerResponse response,
        final String allowed) {
        response.header(HeaderNames.ALLOW, allowed);
        throw ApiException.wrongMethod(request.prologue().method().text(), request.path().rawPath(), allowed);
    }

    /** Turns what goes wrong into an error body; a client that has left gets nothing. */
    private static Handler guarded(final Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (final ApiException e) {
                Answers.send(response, e);
            } catch (final CloseConnectionException | UncheckedIOException e) {
                throw new CloseConnectionException("the client left", e);
            } catch (final InterruptedException e) {
                Answers.send(response, ApiException.notReady("The server is shutting down."));
            }
        };
    }

    /** What the web server refuses by itself, and what no handler caught. */
    private static DirectHandler.TransportResponse refuse(final DirectHandler.TransportRequest request,
        final DirectHandler.EventType type, final Status status, final ServerResponseHeaders headers,
        final String message) {
        final String sentence = status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
            ? "The body is larger than " + MOST_BODY_BYTES + " bytes; send less."
            : message == null || message.isEmpty() ? status.reasonPhrase() : message;
        headers.set(HeaderNames.CONTENT_TYPE, Answers.JSON);
        return DirectHandler.TransportResponse.builder()
            .status(status)
            .headers(headers)
            .entity(Json.bytes(ApiException.other(status.code(), sentence).body()))
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
            active.drain(drainLimit);
        } catch (final InterruptedException e) {
            LOG.warn("Interrupted while requests were still being answered.");
            Thread.currentThread().interrupt();
        }
        clientWatch.close();
        server.stop();
    }
}
