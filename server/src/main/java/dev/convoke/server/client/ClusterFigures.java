package dev.convoke.server.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.Map;

/**
 * What a running server and its expert hosts do, from two looks at it: rates are of the time between them. Where no
 * step was computed in between, times and shares are those since the server's start.
 */
public final class ClusterFigures {
    private static final String HOST = "host";
    private static final String LAYER = "layer";
    private static final double MS = 1e3;
    private static final String[] BREAKERS = {"closed", "trial", "open"};

    /**
     * One look.
     *
     * @param seconds when, on any clock
     * @param cluster what the admin route says
     * @param metrics what the metrics say
     */
    public record Look(double seconds, JsonNode cluster, MetricsPage metrics) {
    }

    private final Look now;
    private final MetricsPage before;
    private final double seconds;
    private final boolean isIdle;

    private ClusterFigures(final Look before, final Look now) {
        this.now = now;
        final boolean restarted = now.metrics().sum("process_uptime_seconds")
            < before.metrics().sum("process_uptime_seconds");
        this.seconds = Math.max(1e-3, restarted ? now.metrics().sum("process_uptime_seconds")
            : now.seconds() - before.seconds());
        this.isIdle = restarted || now.metrics().sum("moe_step_seconds_count")
            <= before.metrics().sum("moe_step_seconds_count");
        this.before = isIdle ? new MetricsPage("") : before.metrics();
    }

    /** As one JSON object. */
    public static ObjectNode of(final Look before, final Look now) {
        return new ClusterFigures(before, now).describe();
    }

    private ObjectNode describe() {
        final MetricsPage metrics = now.metrics();
        final ObjectNode all = JsonNodeFactory.instance.objectNode();
        all.put("model", metrics.values("vllm:num_requests_running", "model_name").stream().findFirst().orElse(""));
        all.put("uptime_seconds", metrics.sum("process_uptime_seconds"));
        all.put("idle", isIdle);
        all.put("running", metrics.sum("vllm:num_requests_running"));
        all.put("waiting", metrics.sum("vllm:num_requests_waiting"));
        all.put("kv_cache_share", metrics.sum("vllm:kv_cache_usage_perc"));
        all.put("tokens_per_second", rate("vllm:generation_tokens_total"));
        all.put("prompt_rows_per_second", rate("convoke_decoder_prefill_rows_total"));
        final double steps = change("moe_step_seconds_count", Map.of());
        all.put("steps_per_second", isIdle ? 0 : steps / seconds);
        all.put("step_ms", MS * ratio(change("moe_step_seconds_sum", Map.of()), steps));
        all.put("rows_per_step", ratio(change("vllm:iteration_tokens_total_sum", Map.of()), steps));
        all.put("epoch", now.cluster().path("epoch").asLong());
        all.put("decoder_epoch", now.cluster().path("decoder_epoch").asLong());
        all.set("move", now.cluster().path("move"));
        all.put("last_failure", now.cluster().path("last_failure").asText());
        all.put("experts_unreachable", metrics.sum("moe_experts_unreachable"));
        all.put("experts_under_replicated", metrics.sum("moe_experts_under_replicated"));
        hosts(all.putArray("hosts"));
        events(all.putObject("events"));
        stages(all.putObject("stages_ms"), steps);
        layers(all.putArray("layers"));
        return all;
    }

    private void hosts(final ArrayNode hosts) {
        final double rows = change("moe_combine_rows_total", Map.of());
        for (final JsonNode host : now.cluster().path("hosts")) {
            final String address = host.path("address").asText();
            final Map<String, String> label = Map.of(HOST, address);
            final double answers = change("moe_host_seconds_count", Map.of(HOST, address, "part", "network"));
            final int breaker = (int)now.metrics().sum("moe_host_breaker", label);
            final boolean known = now.metrics().values("moe_host_breaker", HOST).contains(address);
            final ObjectNode one = hosts.addObject().put("address", address)
                .put("numerics", host.path("numerics").asText())
                .put("state", !host.path("up").asBoolean() ? "gone" : host.path("drained").asBoolean() ? "drained"
                    : "up")
                .put("breaker", known && breaker >= 0 && breaker < BREAKERS.length ? BREAKERS[breaker] : "")
                .put("experts_placed", host.path("replicas_placed").asInt())
                .put("experts_held", host.path("replicas_held").asInt())
                .put("loading", host.path("loading").asInt())
                .put("outstanding", now.metrics().sum("moe_replica_inflight", label))
                .put("rows_per_second", rate("moe_combine_rows_total", label))
                .put("share", ratio(change("moe_combine_rows_total", label), rows))
                .put("other_numerics_entries", now.metrics().sum("moe_other_numerics_entries_total", label))
                .put("other_numerics_per_second", rate("moe_other_numerics_entries_total", label))
                .put("latency_ms", MS * ratio(change("moe_host_seconds_sum", label), answers));
            for (final String part : new String[] {"network", "queue", "expert"}) {
                one.put(part + "_ms", MS * ratio(change("moe_host_seconds_sum", Map.of(HOST, address, "part", part)),
                    answers));
            }
            one.put("failure", host.path("failure").asText());
        }
    }

    /** What goes wrong, or is done about it: since the start, and for each second. */
    private void events(final ObjectNode events) {
        for (final String reason : now.metrics().values("moe_failover_total", "reason")) {
            event(events, "failover_" + reason, "moe_failover_total", Map.of("reason", reason));
        }
        event(events, "hedges", "moe_hedges_total", Map.of());
        event(events, "resends", "convoke_routing_resends_total", Map.of());
        event(events, "last_resort_loads", "moe_last_resort_loads_total", Map.of());
        event(events, "timeouts", "convoke_routing_exchanges_timed_out_total", Map.of());
        event(events, "spilled", "moe_capacity_spilled_entries_total", Map.of());
        event(events, "rerouted", "moe_capacity_rerouted_entries_total", Map.of());
        event(events, "dropped", "moe_dropped_tokens_total", Map.of());
        event(events, "other_numerics", "moe_other_numerics_entries_total", Map.of());
    }

    private void event(final ObjectNode events, final String name, final String metric,
        final Map<String, String> labels) {
        events.putObject(name).put("total", now.metrics().sum(metric, labels)).put("per_second", rate(metric, labels));
    }

    private void stages(final ObjectNode stages, final double steps) {
        now.metrics().values("moe_stage_seconds_sum", "stage").stream().sorted(Comparator.comparingDouble(
            stage -> -change("moe_stage_seconds_sum", Map.of("stage", stage)))).forEach(stage -> stages.put(stage,
                MS * ratio(change("moe_stage_seconds_sum", Map.of("stage", stage)), steps)));
    }

    private void layers(final ArrayNode layers) {
        final double experts = now.metrics().sum("moe_experts");
        final int hosts = now.cluster().path("hosts").size();
        now.metrics().values("moe_exchange_entries_total", LAYER).stream().filter(layer -> layer.matches("\\d{1,6}"))
            .sorted(Comparator.comparingInt(Integer::parseInt)).forEach(layer -> {
                final Map<String, String> label = Map.of(LAYER, layer);
                final double entries = change("moe_exchange_entries_total", label);
                layers.addObject().put(LAYER, Integer.parseInt(layer))
                    .put("entries_per_second", rate("moe_exchange_entries_total", label))
                    .put("busiest_expert_over_mean",
                        ratio(experts * change("moe_busiest_expert_entries_total", label), entries))
                    .put("busiest_host_over_mean",
                        ratio(hosts * change("moe_busiest_host_entries_total", label), entries))
                    .put("wait_ms", MS * ratio(change("moe_layer_stage_seconds_total",
                        Map.of(LAYER, layer, "stage", "wait")), change("moe_step_seconds_count", Map.of())));
            });
    }

    private double change(final String name, final Map<String, String> labels) {
        return now.metrics().sum(name, labels) - before.sum(name, labels);
    }

    private double rate(final String name) {
        return rate(name, Map.of());
    }

    /** Nothing is computed while the server idles. */
    private double rate(final String name, final Map<String, String> labels) {
        return isIdle ? 0 : change(name, labels) / seconds;
    }

    private static double ratio(final double part, final double whole) {
        return whole > 0 ? part / whole : 0;
    }
}
