package dev.convoke.bench.quality;

import dev.convoke.core.Counters;
import dev.convoke.gating.Capacity;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Texts scored under one capacity of the experts, once or several times. */
public final class CapacityTrial {
    /** Paced hosts are slow, not sick. */
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final double MS = 1e6;
    private static final double MEDIAN = 50;
    private static final double NEARLY_ALL = 99;

    private final Capacity capacity;
    private final Histogram layers = new LayerTimes().histogram();
    private Scores scores;
    private long entries;
    private long exceeded;
    private long spilled;
    private long rerouted;
    private long dropped;

    /** Under that capacity; nothing is scored yet. */
    public CapacityTrial(final Capacity capacity) {
        this.capacity = capacity;
    }

    /** Scores the texts with hosts in this process. */
    public void run(final Scorer scorer, final ModelSettings model, final ExpertSettings experts)
        throws InterruptedException {
        final LayerTimes times = new LayerTimes();
        final Counters counters;
        try (ServedDecoder served = new ServedDecoder(model, experts, Optional.empty(),
            context -> context.capacity(capacity).observer(times), routing -> routing.hedgeShare(0)
                .resendAfterNs(PATIENCE_NS).leastResendAfterNs(PATIENCE_NS), _ -> Optional.empty())) {
            counters = served.counters();
            scores = scorer.score(served);
        }
        layers.add(times.histogram());
        exceeded += counters.value("moe_capacity_exceeded_entries");
        spilled += counters.value("moe_capacity_spilled_entries");
        rerouted += counters.value("moe_capacity_rerouted_entries");
        dropped += counters.value("moe_dropped_tokens");
        entries += counters.value("routing_entries") + counters.value("moe_dropped_tokens");
    }

    /** How long the slowest hundredth of layers takes at least, in milliseconds. */
    public double nearlyAllMs() {
        return layers.getValueAtPercentile(NEARLY_ALL) / MS;
    }

    /** What it says, as JSON has it; ratios are to another trial. */
    public Map<String, Object> toMap(final CapacityTrial reference) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("policy", capacity.policy().label());
        map.put("factor", Double.isInfinite(capacity.factor()) ? "Infinity" : capacity.factor());
        map.put("exceeded_share", (double)exceeded / entries);
        map.put("spilled_share", (double)spilled / entries);
        map.put("rerouted_share", (double)rerouted / entries);
        map.put("dropped_share", (double)dropped / entries);
        map.put("perplexity", scores.perplexity());
        map.put("perplexity_ratio", scores.perplexity() / reference.scores.perplexity());
        map.put("same_likeliest_token", scores.agreement(reference.scores));
        map.put("layers", layers.getTotalCount());
        map.put("layer_mean_ms", layers.getMean() / MS);
        map.put("layer_p50_ms", layers.getValueAtPercentile(MEDIAN) / MS);
        map.put("layer_p99_ms", nearlyAllMs());
        map.put("layer_p99_ratio", nearlyAllMs() / reference.nearlyAllMs());
        return map;
    }
}
