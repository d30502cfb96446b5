package dev.convoke.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.eplb.EplbMaps;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Expert hosts and where replicas lie, for operators. What changes something answers at once with the status, 202,
 * while hosts are still at it; what cannot be done is refused with 409 and the reason.
 */
final class ClusterRoutes {
    static final String CLUSTER = "/cluster";
    static final String PLACEMENT = "/placement";

    private final Cluster cluster;

    ClusterRoutes(final Cluster cluster) {
        this.cluster = cluster;
    }

    /** How hosts and moves stand. */
    void status(final ServerRequest request, final ServerResponse response) {
        Answers.send(response, 200, describe(cluster.status()));
    }

    /** Moves everything off a host: {@code {"host": ADDRESS}}. */
    void drain(final ServerRequest request, final ServerResponse response) {
        begin(response, host(request, cluster::drain));
    }

    /** Gives a host its share: {@code {"host": ADDRESS}}. */
    void add(final ServerRequest request, final ServerResponse response) {
        begin(response, host(request, cluster::add));
    }

    /** Undoes what is under way. */
    void cancel(final ServerRequest request, final ServerResponse response) {
        begin(response, cluster.cancel());
    }

    private String host(final ServerRequest request, final IntFunction<String> action) {
        final RequestFields fields = Json.read(request);
        final String address = fields.text("host")
            .orElseThrow(() -> ApiException.invalid("host", "'host' is missing; give the address of an expert host."));
        final List<ClusterStatus.Host> hosts = cluster.status().hosts();
        for (int host = 0; host < hosts.size(); host++) {
            if (!address.isEmpty() && hosts.get(host).address().equals(address)) {
                return action.apply(host);
            }
        }
        throw ApiException.invalid("host", "'host' is " + address + ", which is no expert host of this deployment; "
            + "choose one of " + String.join(", ", hosts.stream().map(ClusterStatus.Host::address)
            .filter(known -> !known.isEmpty()).toList()) + ".");
    }

    private void begin(final ServerResponse response, final String refusal) {
        if (!refusal.isEmpty()) {
            throw ApiException.conflict("cluster_conflict", refusal);
        }
        Answers.send(response, 202, describe(cluster.status()));
    }

    /** Where replicas lie, as EPLB writes it. */
    void placement(final ServerRequest request, final ServerResponse response) {
        final Placement placement = cluster.placement();
        final EplbMaps maps = EplbMaps.of(placement);
        final ObjectNode answer = Json.object().put("epoch", placement.epoch()).put("slots_per_host",
            maps.slotsPerHost(placement.hosts()));
        final ArrayNode hosts = answer.putArray("hosts");
        final ArrayNode numerics = answer.putArray("numerics");
        cluster.status().hosts().forEach(host -> {
            hosts.add(host.address());
            numerics.add(host.numerics());
        });
        answer.set("phy2log", Json.MAPPER.valueToTree(maps.phy2log()));
        answer.set("log2phy", Json.MAPPER.valueToTree(maps.log2phy()));
        answer.set("logcnt", Json.MAPPER.valueToTree(maps.logcnt()));
        Answers.send(response, 200, answer);
    }

    /** Moves replicas until they lie as phy2log says and, if it is there, in the order of preference of log2phy. */
    void apply(final ServerRequest request, final ServerResponse response) {
        final RequestFields fields = Json.read(request);
        final Placement now = cluster.placement();
        final int[][] slots = fields.node("phy2log").map(node -> read(node, "phy2log", int[][].class))
            .orElseThrow(() -> ApiException.invalid("phy2log", "'phy2log' is missing; give the expert of each slot, "
                + "[layers][slots], the slots of a host side by side."));
        final Placement target;
        try {
            final EplbMaps maps = fields.node("log2phy")
                .map(node -> EplbMaps.of(slots, read(node, "log2phy", int[][][].class)))
                .orElseGet(() -> EplbMaps.of(now.experts(), slots));
            target = maps.toPlacement(now.epoch() + 1, now.hosts());
        } catch (final ConfigurationException e) {
            throw ApiException.invalid("phy2log", e.getMessage());
        }
        begin(response, cluster.move(target));
    }

    private static <T> T read(final JsonNode node, final String name, final Class<T> type) {
        try {
            return Json.MAPPER.treeToValue(node, type);
        } catch (final JsonProcessingException e) {
            throw ApiException.invalid(name, "'" + name + "' must be nested arrays of whole numbers.");
        }
    }

    private static ObjectNode describe(final ClusterStatus status) {
        final ObjectNode answer = Json.object().put("numerics", status.numerics()).put("epoch", status.epoch())
            .put("decoder_epoch", status.decoderEpoch());
        final ArrayNode hosts = answer.putArray("hosts");
        for (final ClusterStatus.Host host : status.hosts()) {
            hosts.addObject().put("address", host.address()).put("numerics", host.numerics())
                .put("speed", host.speed()).put("up", host.up()).put("drained", host.drained())
                .put("replicas_placed", host.placed()).put("replicas_held", host.held()).put("room", host.room())
                .put("loading", host.loading()).put("freeing", host.freeing()).put("failed", host.failed())
                .put("failure", host.failure());
        }
        answer.putNull("move");
        status.move().ifPresent(move -> answer.putObject("move").put("stage", move.stage()).put("phase", move.phase())
            .put("phases", move.phases()).put("loads", move.loads()).put("drops", move.drops())
            .put("undoing", move.undoing()));
        answer.put("last_failure", status.lastFailure());
        final ArrayNode events = answer.putArray("events");
        status.events().forEach(events::add);
        return answer;
    }
}
