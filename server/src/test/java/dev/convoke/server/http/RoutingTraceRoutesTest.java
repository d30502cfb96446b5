package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStep;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RoutingTraceRoutesTest {
    private static final String ROUTE = "/admin/v1/routing-traces";
    private static final String TEXT = "{\"prompt\": \"In the beginning\", \"max_tokens\": 9, \"ignore_eos\": true}";

    private TestServer server;
    private HttpClient client;

    @BeforeEach
    void start() {
        server = TestServer.start(open -> new ApiSettings(open.address(),
            new ApiAccess(BearerKeys.NONE, BearerKeys.of(List.of("operator")), BearerKeys.NONE), open.tls(),
            open.origins(), open.limits(), false, open.pingInterval(), open.drainLimit()), context -> context);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        server.close();
    }

    private HttpRequest.Builder request(final String path) {
        return server.request(path).header("Authorization", "Bearer operator");
    }

    private HttpResponse<InputStream> record(final String settings) throws IOException, InterruptedException {
        return client.send(request(ROUTE).POST(HttpRequest.BodyPublishers.ofString(settings)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpResponse<String> delete(final String path) {
        return server.send(request(path).DELETE().build());
    }

    private JsonNode running() {
        return TestServer.json(server.send(request(ROUTE).build()).body()).get("recording");
    }

    private static TraceReader trace(final HttpResponse<InputStream> answer) throws IOException {
        assertEquals(201, answer.statusCode());
        final TraceReader reader = new TraceReader("answer", ByteBuffer.wrap(answer.body().readAllBytes()));
        final TraceStep step = new TraceStep(reader.header());
        while (reader.next(step)) {
            assertTrue(step.rows() > 0);
        }
        return reader;
    }

    @Test
    void shouldRecordUntilItIsStopped() throws Exception {
        assertTrue(running().isNull());
        final HttpResponse<InputStream> answer = record("{\"domain\": \"scripture\", \"max_seconds\": 600}");
        final String location = answer.headers().firstValue("location").orElseThrow();
        assertEquals("scripture", running().get("domain").asText());
        assertEquals(600, running().get("max_seconds").asInt());
        assertTrue(running().get("max_steps").isNull());
        server.completion(TEXT);
        TestServer.await("the steps are written", () -> running().get("steps").asInt() == 9);
        assertTrue(running().get("bytes").asInt() > 100);
        assertEquals(0, running().get("dropped_steps").asInt());
        assertEquals(404, delete(ROUTE + "/0").statusCode());
        assertEquals(200, delete(location).statusCode());
        final TraceReader reader = trace(answer);
        assertEquals(TraceEnd.Reason.STOPPED, reader.end().reason());
        assertEquals(9, reader.end().steps());
        assertEquals(List.of("", "scripture"), reader.labels());
        TestServer.await("it is over", () -> running().isNull());
        assertEquals(404, delete(location).statusCode());
    }

    @Test
    void shouldRecordOneAtATime() throws Exception {
        final HttpResponse<InputStream> first = record("{}");
        final HttpResponse<InputStream> second = record("{}");
        assertEquals(409, second.statusCode());
        assertTrue(new String(second.body().readAllBytes(), StandardCharsets.UTF_8).contains("recording_runs"));
        delete(first.headers().firstValue("location").orElseThrow());
        assertEquals(0, trace(first).end().steps());
        final HttpResponse<InputStream> third = record("{\"max_steps\": 3}");
        server.completion(TEXT);
        final TraceEnd end = trace(third).end();
        assertEquals(TraceEnd.Reason.STEPS, end.reason());
        assertEquals(3, end.steps());
    }

    @Test
    void shouldEndWhenTheClientLeavesAndGoOnServing() throws Exception {
        for (int i = 0; i < 3; i++) {
            final HttpResponse<InputStream> answer = record("{}");
            assertEquals(201, answer.statusCode());
            answer.body().close();
            TestServer.await("the recording is over", () -> running().isNull());
            assertTrue(server.decoder().recorder().running().isEmpty());
            server.completion(TEXT);
        }
    }

    @Test
    void shouldEndTheTraceProperlyWhenTheServerStops() throws Exception {
        final HttpResponse<InputStream> answer = record("{}");
        server.completion(TEXT);
        final Thread closing = Thread.ofVirtual().start(() -> server.api().close());
        final TraceReader reader = trace(answer);
        assertEquals(TraceEnd.Reason.STOPPED, reader.end().reason());
        assertEquals(9, reader.end().steps());
        closing.join();
    }

    @Test
    void shouldBeForOperatorsAlone() {
        for (final String path : List.of(ROUTE, ROUTE + "/1")) {
            for (final String method : List.of("GET", "POST", "DELETE")) {
                assertEquals(401, server.send(server.request(path)
                    .method(method, HttpRequest.BodyPublishers.ofString("{}")).build()).statusCode());
            }
        }
        assertEquals(405, server.send(request(ROUTE).DELETE().build()).statusCode());
        assertTrue(server.send(request("/admin/v1").build()).body().contains("DELETE " + ROUTE + "/{id}"));
        assertTrue(server.decoder().recorder().running().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"domain\": 1}", "{\"domain\": \" \"}", "{\"domain\": \"\\u001b[2J\"}",
        "{\"max_bytes\": 1023}", "{\"max_bytes\": 1073741825}", "{\"max_steps\": 0}", "{\"max_seconds\": 0}",
        "{\"max_seconds\": 9223372036854775807}", "{\"max_steps\": 1.5}", "{\"seconds\": 1}"})
    void shouldRefuseWhatIsNoRecording(final String settings) throws Exception {
        final HttpResponse<InputStream> answer = record(settings);
        assertEquals(400, answer.statusCode());
        assertFalse(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8).contains("unexpectedly"));
        assertTrue(server.decoder().recorder().running().isEmpty());
    }
}
