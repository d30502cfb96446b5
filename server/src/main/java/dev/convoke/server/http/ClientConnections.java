package dev.convoke.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;

/** Speaks HTTP/1.1 on connections with deadlines, and knows the connection of each thread that answers requests. */
final class ClientConnections implements ServerConnectionSelector, Http1ConnectionListener,
    AutoCloseable {
    private final ServerConnectionSelector http = Http1ConnectionSelector.builder()
        .config(Http1Config.builder().addReceiveListener(this).buildPrototype()).build();
    private final ThreadLocal<ClientConnection> connectionOfThread = new ThreadLocal<>();
    private final ApiLimits limits;
    private final Deadlines deadlines;

    ClientConnections(final ApiLimits limits) {
        this.limits = limits;
        this.deadlines = new Deadlines(limits.shortestTimeout());
    }

    /** Of the calling thread's request. */
    ClientConnection current() {
        return connectionOfThread.get();
    }

    @Override
    public ServerConnection connection(final ConnectionContext context) {
        final ClientConnection connection = new ClientConnection(context, deadlines, limits);
        connectionOfThread.set(connection);
        return http.connection(connection);
    }

    @Override
    public void prologue(final ConnectionContext context, final HttpPrologue prologue) {
        current().onFirstLine();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(final BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public void close() {
        deadlines.close();
    }
}
