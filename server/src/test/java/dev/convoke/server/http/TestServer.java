package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.DType;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.server.TestModels;
import dev.convoke.server.deployment.ServedDecoder;
import dev.convoke.server.metrics.PrometheusMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/** A server on a free port with a decoder behind it, and a plain client. */
final class TestServer implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final TestServer SHARED = shareOne();

    private final ServedDecoder decoder;
    private final ApiServer server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    TestServer(final ServedDecoder decoder, final Duration drainLimit) {
        this(decoder, ApiSettings.open(freePort(), drainLimit));
    }

    TestServer(final ServedDecoder decoder, final ApiSettings settings) {
        this.decoder = decoder;
        final SplittableRandom random = new SplittableRandom(7);
        this.server = new ApiServer(decoder, settings, new PrometheusMetrics(decoder), () -> {
            synchronized (random) {
                return random.nextLong();
            }
        });
    }

    static InetSocketAddress freePort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** tiny-moe in f32 with two expert hosts, ready. */
    static TestServer start(final UnaryOperator<DecoderContext> customise) {
        final TestServer server = new TestServer(TestModels.local(TestModels.TINY, DType.F32, 2, customise), LIMIT);
        server.awaitReady();
        return server;
    }

    /** The same with one expert host, served so. */
    static TestServer start(final UnaryOperator<ApiSettings> settings, final UnaryOperator<DecoderContext> customise) {
        final TestServer server = new TestServer(TestModels.local(TestModels.TINY, DType.F32, 1, customise),
            settings.apply(ApiSettings.open(freePort(), LIMIT)));
        server.awaitReady();
        return server;
    }

    /** The one that tests share which need no settings of their own. */
    static TestServer shared() {
        return SHARED;
    }

    private static TestServer shareOne() {
        final TestServer server = start(UnaryOperator.identity());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        return server;
    }

    void awaitReady() {
        try {
            if (!decoder.awaitReady(LIMIT)) {
                throw new AssertionError("not ready: " + decoder.health());
            }
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    ServedDecoder decoder() {
        return decoder;
    }

    ApiServer api() {
        return server;
    }

    int port() {
        return server.port();
    }

    HttpResponse<String> post(final String path, final String body) {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    HttpResponse<String> get(final String path) {
        return send(request(path).GET().build());
    }

    HttpRequest.Builder request(final String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path)).timeout(LIMIT);
    }

    HttpResponse<String> send(final HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (final IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The answer of a request that must succeed. */
    JsonNode completion(final String body) {
        return ok(post("/v1/completions", body));
    }

    JsonNode chat(final String body) {
        return ok(post("/v1/chat/completions", body));
    }

    /** The events of a request that must succeed, without the last, which must be the end marker. */
    List<JsonNode> events(final String path, final String body) {
        final HttpResponse<String> response = post(path, body);
        if (response.statusCode() != 200 || !response.body().endsWith("data: [DONE]\n\n")) {
            throw new AssertionError(response.statusCode() + " " + response.body());
        }
        final List<String> events = List.of(response.body().split("\n\n"));
        return events.subList(0, events.size() - 1).stream().map(event -> json(event.substring("data: ".length())))
            .toList();
    }

    private static JsonNode ok(final HttpResponse<String> response) {
        if (response.statusCode() != 200) {
            throw new AssertionError(response.statusCode() + " " + response.body());
        }
        return json(response.body());
    }

    static JsonNode json(final String text) {
        try {
            return JSON.readTree(text);
        } catch (final IOException e) {
            throw new AssertionError(text, e);
        }
    }

    /** Waits for a condition, with a deadline. */
    static void await(final String what, final java.util.function.BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("not within " + LIMIT + ": " + what);
            }
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        client.close();
        server.close();
        decoder.close();
    }
}
