package dev.convoke.bench.placement;

import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is placed, on hosts alike that have memory for an even share of the replicas and no more.
 *
 * @param load         for people
 * @param layers       decoder layers
 * @param experts      of a layer
 * @param hosts        expert hosts
 * @param extraPercent replicas beyond one for each expert
 */
record PlacementSetting(String load, int layers, int experts, int hosts, double extraPercent) {
    private static final double PERCENT = 100;

    /** Replicas of a layer. */
    int slots() {
        return experts + extra();
    }

    private int extra() {
        return (int)Math.round(experts * extraPercent / PERCENT);
    }

    /** Whether every host gets at least one replica of each layer. */
    boolean isPossible() {
        return slots() >= hosts;
    }

    /** Whether experts can have more than one replica. */
    boolean hasReplicas() {
        return extra() > 0;
    }

    PlacementRequest request(final ExpertLoad expertLoad) {
        final int share = Math.ceilDiv(slots() * layers, hosts);
        return new PlacementRequest(1, layers, experts, HostCapacity.alike(hosts, HostCapacity.of(share)))
            .withLoad(expertLoad).withReplicas(1, extra());
    }

    /** Without the load, as the rows of tables begin. */
    String shape() {
        return String.format(Locale.ROOT, "| %d | %d | %s %% ", experts, hosts, percent());
    }

    private String percent() {
        return extraPercent == Math.rint(extraPercent) ? String.valueOf((long)extraPercent)
            : String.valueOf(extraPercent);
    }

    Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("load", load);
        map.put("layers", layers);
        map.put("experts", experts);
        map.put("hosts", hosts);
        map.put("extra_percent", extraPercent);
        map.put("slots", slots());
        return map;
    }
}
