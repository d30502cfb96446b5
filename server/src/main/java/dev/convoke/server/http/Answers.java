package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;

/** Sends JSON. */
final class Answers {
    static final String JSON = "application/json";
    private static final String RETRY_AFTER_SECONDS = "1";

    private Answers() {
    }

    static void send(final ServerResponse response, final int status, final ObjectNode body) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, JSON);
        response.send(Json.bytes(body));
    }

    static void send(final ServerResponse response, final ApiException error) {
        if (error.status() == Status.UNAUTHORIZED_401.code()) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
        }
        if (error.isTemporary()) {
            response.header(HeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        send(response, error.status(), error.body());
    }
}
