package dev.convoke.server.http;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * How the API is served.
 *
 * @param address        port 0 takes a free one
 * @param access         who may ask
 * @param tls            for HTTPS; empty for HTTP
 * @param origins        whose pages may ask from a browser
 * @param limits         how much may be asked
 * @param requestMetrics whether answers tell how long they took
 * @param pingInterval   silence of a stream after which a comment is sent
 * @param drainLimit     how long running generations may go on once the server closes
 */
public record ApiSettings(InetSocketAddress address, ApiAccess access, Optional<SSLContext> tls, AllowedOrigins origins,
    ApiLimits limits, boolean requestMetrics, Duration pingInterval, Duration drainLimit) {
    /** Plain HTTP, open to all who can connect, with the usual limits. */
    public static ApiSettings open(final InetSocketAddress address, final Duration drainLimit) {
        return new ApiSettings(address, ApiAccess.OPEN, Optional.empty(), AllowedOrigins.NONE, ApiLimits.USUAL, false,
            Duration.ofSeconds(10), drainLimit);
    }
}
