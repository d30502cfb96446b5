package dev.convoke.server.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.http.ServerResponse;
import java.util.HexFormat;
import java.util.function.LongSupplier;

/**
 * What a request is called in its answer and in the log: the client's own name for it, in {@code X-Request-Id}, if that
 * can be told again without harm, otherwise one of ours. The answer's header keeps it.
 */
final class RequestId {
    static final String NAME = "X-Request-Id";
    private static final HeaderName HEADER = HeaderNames.create(NAME);
    private static final int MOST_CHARACTERS = 128;

    private RequestId() {
    }

    /** Names a request in the headers of its answer. */
    static void put(final Headers request, final WritableHeaders<?> answer, final LongSupplier randoms) {
        answer.set(HEADER, request.first(HEADER).filter(RequestId::isSane).orElseGet(() -> drawn(randoms)));
    }

    /** Of the request that is being answered. */
    static String of(final ServerResponse response) {
        return response.headers().first(HEADER).orElse("unknown");
    }

    private static boolean isSane(final String id) {
        return !id.isEmpty() && id.length() <= MOST_CHARACTERS && id.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static String drawn(final LongSupplier randoms) {
        return HexFormat.of().toHexDigits(randoms.getAsLong()) + HexFormat.of().toHexDigits(randoms.getAsLong());
    }
}
