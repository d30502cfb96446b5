package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.Health;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Locale;
import java.util.function.Supplier;

/** {@code GET /health}: 200 when requests are answered, 503 when not, always with the reasons, and notices. */
final class HealthRoute implements Handler {
    private final Supplier<Health> state;

    HealthRoute(final Supplier<Health> state) {
        this.state = state;
    }

    @Override
    public void handle(final ServerRequest request, final ServerResponse response) {
        final Health health = state.get();
        final ObjectNode body = Json.object();
        body.put("status", health.status().name().toLowerCase(Locale.ROOT));
        final ArrayNode reasons = body.putArray("reasons");
        health.reasons().forEach(reasons::add);
        final ArrayNode notices = body.putArray("notices");
        health.notices().forEach(notices::add);
        Answers.send(response, health.isServing() ? 200 : 503, body);
    }
}
