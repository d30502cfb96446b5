package dev.convoke.bench.stages;

import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time of one run went: by stage, by layer, by expert host, and what was waited for. */
public final class StageReport {
    /** What a wait consists of, by what hosts say of themselves. */
    static final List<String> PARTS = List.of("expert", "queue", "network");

    private static final String LAYER_WAIT = "moe_layer_wait_seconds";
    private static final String HOST = "moe_host_seconds";
    private static final String STAGE_LABEL = "stage";
    private static final String LAYER_LABEL = "layer";
    private static final String HOST_LABEL = "host";
    private static final String PART_LABEL = "part";
    private static final double US = 1e-3;

    private final long wallNs;
    private final long tokens;
    private final TimingsSnapshot spent;
    private final double costNs;

    /**
     * Of one run.
     *
     * @param wallNs  from the first submission to the end of the last stream, seen from outside
     * @param tokens  of all streams
     * @param spent   what the decoder measured meanwhile
     * @param changes of stage meanwhile
     * @param cost    of one change and one entry
     */
    StageReport(final long wallNs, final long tokens, final TimingsSnapshot spent, final long changes,
        final RecordingCost cost) {
        this.wallNs = wallNs;
        this.tokens = tokens;
        this.spent = spent;
        this.costNs = changes * cost.changeNs() + spent.records() * cost.recordNs();
    }

    /** Share of the time seen from outside that the stages add up to. */
    public double accounted() {
        return (double)stepNs() / wallNs;
    }

    /** Share of the time that timing took, by its measured cost. */
    public double overhead() {
        return costNs / wallNs;
    }

    long wallNs() {
        return wallNs;
    }

    double tokensPerSecond() {
        return tokens * 1e9 / wallNs;
    }

    /** All stages together. */
    long stepNs() {
        return spent.ns(StageClock.STAGE, Map.of());
    }

    long steps() {
        return spent.count(StageClock.STEP, Map.of());
    }

    long stageNs(final Stage stage) {
        return spent.ns(StageClock.STAGE, Map.of(STAGE_LABEL, stage.label()));
    }

    long waitNs(final String part) {
        return spent.ns(LAYER_WAIT, Map.of(PART_LABEL, part));
    }

    Iterable<String> layers() {
        return spent.values(StageClock.LAYER_STAGE, LAYER_LABEL);
    }

    long layerNs(final String layer, final Stage stage) {
        return spent.ns(StageClock.LAYER_STAGE, Map.of(LAYER_LABEL, layer, STAGE_LABEL, stage.label()));
    }

    long layerWaitNs(final String layer, final String part) {
        return spent.ns(LAYER_WAIT, Map.of(LAYER_LABEL, layer, PART_LABEL, part));
    }

    Iterable<String> hosts() {
        return spent.values(HOST, HOST_LABEL);
    }

    long hostNs(final String host, final String part) {
        return spent.ns(HOST, Map.of(HOST_LABEL, host, PART_LABEL, part));
    }

    /** Exchanges in which the host had a share. */
    long roundTrips(final String host) {
        return spent.count(HOST, Map.of(HOST_LABEL, host)) / PARTS.size();
    }

    static List<Stage> layerStages() {
        return Arrays.stream(Stage.values()).filter(Stage::isPerLayer).toList();
    }

    /** Microseconds of everything, for machines. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("wall_us", wallNs * US);
        map.put("tokens_per_second", tokensPerSecond());
        map.put("steps", steps());
        map.put("accounted", accounted());
        map.put("recording_overhead", overhead());
        final Map<String, Double> stages = new LinkedHashMap<>();
        Arrays.stream(Stage.values()).forEach(stage -> stages.put(stage.label(), stageNs(stage) * US));
        map.put("stages_us", stages);
        final Map<String, Double> waits = new LinkedHashMap<>();
        PARTS.forEach(part -> waits.put(part, waitNs(part) * US));
        map.put("wait_us", waits);
        final Map<String, Map<String, Double>> layers = new LinkedHashMap<>();
        final Map<String, Map<String, Double>> layerWaits = new LinkedHashMap<>();
        for (final String layer : layers()) {
            layers.put(layer, new LinkedHashMap<>());
            layerStages().forEach(stage -> layers.get(layer).put(stage.label(), layerNs(layer, stage) * US));
            layerWaits.put(layer, new LinkedHashMap<>());
            PARTS.forEach(part -> layerWaits.get(layer).put(part, layerWaitNs(layer, part) * US));
        }
        map.put("layers_us", layers);
        map.put("layer_waits_us", layerWaits);
        final Map<String, Map<String, Double>> hosts = new LinkedHashMap<>();
        final Map<String, Long> roundTrips = new LinkedHashMap<>();
        for (final String host : hosts()) {
            hosts.put(host, new LinkedHashMap<>());
            PARTS.forEach(part -> hosts.get(host).put(part, hostNs(host, part) * US));
            roundTrips.put(host, roundTrips(host));
        }
        map.put("hosts_us", hosts);
        map.put("host_round_trips", roundTrips);
        return map;
    }

    /** For people. */
    @Override
    public String toString() {
        return new StageTables(this).toString();
    }
}
