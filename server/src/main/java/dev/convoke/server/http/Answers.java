package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends JSON. */
final class Answers {
    static final String JSON = "application/json";
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int SERVER_ERRORS = 500;
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
        log(response, error);
        send(response, error.status(), error.body());
    }

    /** A request that failed through no fault of the client's is for the operator to see. */
    static void log(final ServerResponse response, final ApiException error) {
        if (error.status() >= SERVER_ERRORS && !error.isTemporary()) {
            LOG.warn("Request {} failed: {}", RequestId.of(response), error.getMessage());
        } else {
            LOG.debug("Request {} was refused with {}: {}", RequestId.of(response), error.status(),
                error.getMessage());
        }
    }
}
