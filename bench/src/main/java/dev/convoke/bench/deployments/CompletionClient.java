package dev.convoke.bench.deployments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.client.MetricsPage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

/** Asks an OpenAI-style server for completions of an exact length, and for its metrics. Thread-safe. */
final class CompletionClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;
    private final double temperature;

    CompletionClient(final URI server, final double temperature) {
        this.server = server;
        this.temperature = temperature;
    }

    /** Whether the server answers and says that it is ready. */
    boolean isReady() {
        try {
            return http.send(HttpRequest.newBuilder(server.resolve("/health")).build(),
                HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (final IOException e) {
            return false;
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Generates past any end token; returns the tokens the server counted. */
    int complete(final List<Integer> prompt, final int tokens, final long seed)
        throws IOException, InterruptedException {
        final byte[] body = JSON.writeValueAsBytes(Map.of("prompt", prompt, "max_tokens", tokens, "temperature",
            temperature, "seed", seed, "ignore_eos", true));
        final HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(server.resolve("/v1/completions"))
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
            HttpResponse.BodyHandlers.ofByteArray());
        final JsonNode answer = JSON.readTree(response.body());
        if (response.statusCode() != 200) {
            throw new ConvokeException("The server answered " + response.statusCode() + ": " + answer);
        }
        return answer.path("usage").path("completion_tokens").asInt();
    }

    /** The metrics it shows now. */
    MetricsPage metrics() throws IOException, InterruptedException {
        return new MetricsPage(http.send(HttpRequest.newBuilder(server.resolve("/metrics")).build(),
            HttpResponse.BodyHandlers.ofString()).body());
    }
}
