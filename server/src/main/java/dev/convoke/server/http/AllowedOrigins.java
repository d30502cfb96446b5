package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The origins whose pages may call the API from a browser, which asks for permission by the CORS protocol of the Fetch
 * standard. Other origins get no permission and are answered as anyone else; their browser hides the answer from them.
 */
public final class AllowedOrigins {
    /** No page may. */
    public static final AllowedOrigins NONE = new AllowedOrigins(Set.of());
    private static final String ALL = "*";
    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/?#\\s,]+");
    private static final Pattern HEADER_LIST = Pattern.compile("[A-Za-z0-9_, -]{1,1024}");
    private static final String USUAL_HEADERS = "Authorization, Content-Type, " + RequestId.NAME;
    private static final String EXPOSED = RequestId.NAME + ", Retry-After";
    private static final String SECONDS_TO_REMEMBER = "600";

    private final Set<String> origins;

    private AllowedOrigins(final Set<String> origins) {
        this.origins = origins;
    }

    /** These, each such as {@code https://chat.example.org}; {@code *} means all. */
    public static AllowedOrigins of(final List<String> origins) {
        for (final String origin : origins) {
            if (!ALL.equals(origin) && !ORIGIN.matcher(origin).matches()) {
                throw new ConfigurationException("cors-allowed-origins has '" + origin + "'; give scheme and host as "
                    + "browsers send them, such as https://chat.example.org, without a path, or *.");
            }
        }
        return new AllowedOrigins(Set.copyOf(origins));
    }

    /** Adds to an answer what lets the asking page read it, if it may. */
    void permit(final Headers request, final WritableHeaders<?> answer) {
        if (origins.isEmpty()) {
            return;
        }
        final boolean all = origins.contains(ALL);
        if (!all) {
            answer.set(HeaderNames.VARY, HeaderNames.ORIGIN_NAME);
        }
        request.first(HeaderNames.ORIGIN).filter(origin -> all || origins.contains(origin)).ifPresent(origin -> {
            answer.set(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, all ? ALL : origin);
            answer.set(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        });
    }

    /** Answers a browser that asks whether it may send a request, and says whether this was one that may. */
    boolean answerPreflight(final ServerRequest request, final ServerResponse response) {
        final HeaderName wanted = HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS;
        if (!"OPTIONS".equals(request.prologue().method().text())
            || !request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD)
            || !response.headers().contains(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN)) {
            return false;
        }
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, request.headers().first(wanted)
            .filter(names -> HEADER_LIST.matcher(names).matches()).orElse(USUAL_HEADERS));
        response.header(HeaderNames.ACCESS_CONTROL_MAX_AGE, SECONDS_TO_REMEMBER);
        response.status(Status.NO_CONTENT_204);
        response.send();
        return true;
    }
}
