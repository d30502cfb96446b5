package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** So many requests at a time, and no more. */
@Timeout(120)
class GenerationLimitTest {
    private static final String LONG = "{\"prompt\": \"a\", \"max_tokens\": 600, \"ignore_eos\": true, "
        + "\"stream\": %s}";
    private static final String SHORT = "{\"prompt\": \"a\", \"max_tokens\": 1}";

    @Test
    void shouldTellTheNextOneToComeAgain() throws Exception {
        final ApiLimits usual = ApiLimits.USUAL;
        try (TestServer server = TestServer.start(open -> new ApiSettings(open.address(), open.access(), open.tls(),
            open.origins(), new ApiLimits(usual.mostBodyBytes(), usual.mostConnections(), 2, usual.readTimeout(),
                usual.requestTimeout(), usual.writeTimeout()), false, open.pingInterval(), open.drainLimit()),
            context -> context)) {
            final CompletableFuture<HttpResponse<String>> first = ask(server, true);
            final CompletableFuture<HttpResponse<String>> second = ask(server, false);
            TestServer.await("both run", () -> server.decoder().load().running() == 2);
            final HttpResponse<String> refused = server.post("/v1/completions", SHORT);
            assertEquals(429, refused.statusCode(), refused.body());
            assertEquals("1", refused.headers().firstValue("retry-after").orElse(""));
            assertEquals("too_many_requests", TestServer.json(refused.body()).at("/error/code").asText());
            assertEquals("rate_limit_error", TestServer.json(refused.body()).at("/error/type").asText());
            assertEquals(200, server.get("/v1/models").statusCode());
            assertEquals(200, first.get().statusCode());
            assertEquals(200, second.get().statusCode());
            for (int i = 0; i < 5; i++) {
                assertEquals(400, server.post("/v1/completions", "{").statusCode());
                assertEquals(200, server.post("/v1/completions", SHORT).statusCode());
            }
        }
    }

    private static CompletableFuture<HttpResponse<String>> ask(final TestServer server, final boolean stream) {
        return CompletableFuture.supplyAsync(() -> server.post("/v1/completions", LONG.formatted(stream)));
    }
}
