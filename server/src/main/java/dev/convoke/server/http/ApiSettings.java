package dev.convoke.server.http;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * How the API is served.
 *
 * @param address        port 0 takes a free one
 * @param keys           who may ask
 * @param tls            for HTTPS; empty for HTTP
 * @param mostBodyBytes  of a request
 * @param mostConnections at a time
 * @param readTimeout    silence of a client in the middle of a request after which its connection is closed
 * @param pingInterval   silence of a stream after which a comment is sent
 * @param drainLimit     how long running generations may go on once the server closes
 */
public record ApiSettings(InetSocketAddress address, ApiKeys keys, Optional<SSLContext> tls, int mostBodyBytes,
    int mostConnections, Duration readTimeout, Duration pingInterval, Duration drainLimit) {
    /** Plain HTTP, open to all who can connect, with the usual limits. */
    public static ApiSettings open(final InetSocketAddress address, final Duration drainLimit) {
        return new ApiSettings(address, ApiKeys.NONE, Optional.empty(), 32 << 20, 10_000, Duration.ofSeconds(30),
            Duration.ofSeconds(10), drainLimit);
    }
}
