package dev.convoke.server.http;

import dev.convoke.core.ConvokeException;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.Method;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** A web server with a guard before every route. Listens from its construction to {@link #close()}. */
final class GuardedServer implements AutoCloseable {
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);
    /** What a route that is not there is counted as. */
    private static final String UNKNOWN = "unknown";
    private static final Handler UNKNOWN_ROUTE = (request, response) -> {
        throw ApiException.unknownRoute(request.prologue().method().text(), request.path().rawPath());
    };

    private final ClientConnections connections;
    private final WebServer server;

    /** Binds and starts; closes the connections at its end. */
    GuardedServer(final ApiSettings settings, final ClientConnections connections, final RequestGuard guard,
        final Consumer<Routes> routes) {
        this.connections = connections;
        final InetSocketAddress address = settings.address();
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
            .routing(routing -> {
                routes.accept(new Routes(routing, guard));
                routing.any(guard.admitted(UNKNOWN, UNKNOWN_ROUTE));
            })
            .build()
            .start();
        if (!server.isRunning()) {
            throw new ConvokeException("The web server could not listen on " + address
                + "; see the log for the reason.");
        }
    }

    /** The port it listens on. */
    int port() {
        return server.port();
    }

    /** Stops listening and closes what is still open. */
    @Override
    public void close() {
        server.stop();
        connections.close();
    }

    /** Adds routes; another method than a route's own is refused. */
    record Routes(HttpRouting.Builder routing, RequestGuard guard) {
        /** Reads, for everybody. */
        void open(final String path, final Handler handler) {
            add(path, Map.of(Method.GET, handler), guarded -> guard.open(path, guarded));
        }

        /** Reads, for clients. */
        void get(final String path, final Handler handler) {
            add(path, Map.of(Method.GET, handler), guarded -> guard.admitted(path, guarded));
        }

        /** Does something, for clients. */
        void post(final String path, final Handler handler) {
            add(path, Map.of(Method.POST, handler), guarded -> guard.admitted(path, guarded));
        }

        /** Whatever each method does, for operators. */
        void admin(final String path, final Map<Method, Handler> handlers) {
            add(path, handlers, guarded -> guard.administered(path, guarded));
        }

        /** Whatever each method does, for expert hosts and decoders that join. */
        void joining(final String path, final Map<Method, Handler> handlers) {
            add(path, handlers, guarded -> guard.joining(path, guarded));
        }

        /** What is not there, for operators: others do not learn that. */
        void adminUnknown(final String path) {
            routing.any(path, guard.administered(UNKNOWN, UNKNOWN_ROUTE));
        }

        private void add(final String path, final Map<Method, Handler> handlers,
            final UnaryOperator<Handler> guarded) {
            handlers.forEach((method, handler) -> routing.route(method, path, guarded.apply(handler)));
            final String allowed = handlers.keySet().stream().map(Method::text).sorted()
                .collect(Collectors.joining(", "));
            routing.any(path, guarded.apply((request, response) -> RequestGuard.refuseMethod(request, response,
                allowed)));
        }
    }
}
