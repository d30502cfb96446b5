package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What is refused, and what is still answered, at the limits of a server. */
class AdmissionTest {
    private static final String LONG = "{\"prompt\": \"a\", \"max_tokens\": 1500, \"ignore_eos\": true}";

    @Test
    void shouldAskToRetryWhenAsManyWaitAsMay() {
        try (TestServer server = TestServer.start(context -> context.maxSequences(1).maxWaiting(1))) {
            // Four choices at once: one may run, one may wait.
            final HttpResponse<String> response = server.post("/v1/completions", LONG.replace("{", "{\"n\": 4, "));
            assertEquals(429, response.statusCode(), response.body());
            assertEquals("1", response.headers().firstValue("retry-after").orElse(""));
            assertEquals("queue_full", TestServer.json(response.body()).get("error").get("code").asText());
            TestServer.await("those admitted are gone", () -> server.decoder().decoder().isIdle());
            assertEquals(200, server.post("/v1/completions", "{\"prompt\": \"a\", \"max_tokens\": 2}").statusCode());
        }
    }

    @Test
    void shouldSayWhatDoesNotFitWhenTheCacheIsTooSmall() {
        try (TestServer server = TestServer.start(context -> context.kvPages(4))) {
            final HttpResponse<String> response = server.post("/v1/completions",
                "{\"prompt\": \"a\", \"max_tokens\": 100}");
            assertEquals(400, response.statusCode(), response.body());
            assertTrue(response.body().contains("key-value cache"), response.body());
        }
    }

    @Test
    void shouldFinishWhatRunsAndRefuseWhatIsNewWhenItStops() throws Exception {
        final TestServer server = TestServer.start(context -> context);
        final CompletableFuture<HttpResponse<String>> running = CompletableFuture.supplyAsync(
            () -> server.post("/v1/completions", "{\"prompt\": \"a\", \"max_tokens\": 200, \"ignore_eos\": true, "
                + "\"stream\": true, \"stream_options\": {\"include_usage\": true}}"));
        TestServer.await("it runs", () -> server.decoder().decoder().running() == 1);
        final Thread stopping = Thread.ofPlatform().start(server.api()::close);
        TestServer.await("it drains", () -> health(server).get("status").asText().equals("not_ready"));
        final HttpResponse<String> refused = server.post("/v1/completions", "{\"prompt\": \"a\"}");
        assertEquals(503, refused.statusCode(), refused.body());
        assertTrue(running.get().body().contains("\"completion_tokens\":200"));
        assertTrue(running.get().body().endsWith("data: [DONE]\n\n"));
        stopping.join();
        server.close();
    }

    private static JsonNode health(final TestServer server) {
        return TestServer.json(server.get("/health").body());
    }
}
