package dev.convoke.server.http;

import dev.convoke.server.Version;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Says which version of Convoke runs. */
final class VersionRoute implements Handler {
    @Override
    public void handle(final ServerRequest request, final ServerResponse response) {
        Answers.send(response, 200, Json.object().put("version", Version.current()));
    }
}
