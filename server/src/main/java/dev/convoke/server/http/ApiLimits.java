package dev.convoke.server.http;

import java.time.Duration;

/**
 * How much clients may ask of a server at a time, and how long they may take.
 *
 * @param mostBodyBytes   of a request
 * @param mostConnections at a time
 * @param mostGenerations requests that generate, at a time, from their first byte after the head to the answer's last
 * @param readTimeout     silence in the middle of a request after which its connection is closed
 * @param requestTimeout  from the first byte of a request to its last
 * @param writeTimeout    how long a client may take for a piece of its answer
 */
public record ApiLimits(int mostBodyBytes, int mostConnections, int mostGenerations, Duration readTimeout,
    Duration requestTimeout, Duration writeTimeout) {
    /** What holds unless something else is asked for. */
    public static final ApiLimits USUAL = new ApiLimits(32 << 20, 10_000, 1_024, Duration.ofSeconds(30),
        Duration.ofSeconds(60), Duration.ofSeconds(30));

    Duration shortestTimeout() {
        final Duration shorter = readTimeout.compareTo(requestTimeout) < 0 ? readTimeout : requestTimeout;
        return shorter.compareTo(writeTimeout) < 0 ? shorter : writeTimeout;
    }
}
