package dev.convoke.server.http;

import dev.convoke.server.Metrics;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** {@code GET /metrics}: the page in the format that the client accepts. */
final class MetricsRoute implements Handler {
    private final Metrics metrics;

    MetricsRoute(final Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public void handle(final ServerRequest request, final ServerResponse response) throws IOException {
        final String accept = request.headers().first(HeaderNames.ACCEPT).orElse(null);
        final ByteArrayOutputStream page = new ByteArrayOutputStream();
        metrics.write(accept, page);
        response.header(HeaderNames.CONTENT_TYPE, metrics.mediaType(accept));
        response.send(page.toByteArray());
    }
}
