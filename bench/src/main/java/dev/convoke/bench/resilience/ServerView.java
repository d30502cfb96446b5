package dev.convoke.bench.resilience;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.eplb.EplbMaps;
import dev.convoke.server.client.AdminClient;
import dev.convoke.server.client.MetricsPage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What a decoder says of itself and its hosts, and what its operator asks of it. Thread-safe. */
final class ServerView implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PLACEMENT = "/admin/v1/placement";

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;
    private final AdminClient admin;

    ServerView(final URI server, final String adminKey) {
        this.server = server;
        this.admin = new AdminClient("--server", server, adminKey, Optional.empty());
    }

    URI address() {
        return server;
    }

    private HttpResponse<String> get(final URI address) throws IOException {
        try {
            return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Whether a status page answers that all is well. */
    boolean isReady(final URI page) {
        try {
            return get(page).statusCode() == 200;
        } catch (final IOException e) {
            return false;
        }
    }

    /** Whether it serves, and whether every replica is live then. */
    boolean isComplete() {
        try {
            final HttpResponse<String> health = get(server.resolve("/health"));
            return health.statusCode() == 200 && !health.body().contains("degraded");
        } catch (final IOException e) {
            return false;
        }
    }

    MetricsPage metrics() {
        try {
            return new MetricsPage(get(server.resolve("/metrics")).body());
        } catch (final IOException e) {
            throw new ConvokeException("The decoder at " + server + " does not show its metrics: " + e.getMessage(), e);
        }
    }

    /** A counter of the decoder, over all labels. */
    double count(final String metric) {
        return metrics().sum(metric, Map.of());
    }

    /** How hosts and moves stand. */
    JsonNode cluster() throws InterruptedException {
        return admin.get("/admin/v1/cluster");
    }

    /** Whether no replicas are being moved. */
    boolean isSettled() {
        return is(status -> status.path("move").isNull());
    }

    /**
     * Whether no replicas are being moved, every host is there and holds its part, and the decoder is at the latest
     * epoch.
     */
    boolean isAtRest() {
        return is(status -> {
            boolean rests = status.path("move").isNull()
                && status.path("epoch").asLong() == status.path("decoder_epoch").asLong();
            for (final JsonNode host : status.path("hosts")) {
                rests &= host.path("up").asBoolean() && host.path("replicas_placed").asInt() > 0
                    && host.path("replicas_held").asInt() == host.path("replicas_placed").asInt();
            }
            return rests;
        });
    }

    private boolean is(final Predicate<JsonNode> condition) {
        try {
            return condition.test(cluster());
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    Placement placement() throws InterruptedException {
        final JsonNode answer = admin.get(PLACEMENT);
        try {
            return EplbMaps.of(JSON.treeToValue(answer.path("phy2log"), int[][].class),
                JSON.treeToValue(answer.path("log2phy"), int[][][].class))
                .toPlacement(answer.path("epoch").asLong(), answer.path("hosts").size());
        } catch (final IOException e) {
            throw new ConvokeException("The placement of " + server + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Begins to move replicas. */
    void move(final Placement target) throws InterruptedException {
        final EplbMaps maps = EplbMaps.of(target);
        final ObjectNode body = JSON.createObjectNode();
        body.set("phy2log", JSON.valueToTree(maps.phy2log()));
        body.set("log2phy", JSON.valueToTree(maps.log2phy()));
        admin.send(PLACEMENT, body);
    }

    @Override
    public void close() {
        admin.close();
        http.shutdownNow();
        http.close();
    }
}
