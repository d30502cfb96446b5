package dev.convoke.routing;

import dev.convoke.core.Counters;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Gauge;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How many of the replicas that a placement gives an expert are live, which is to say on a host that takes rows, holds
 * the expert and answers. Between steps; only sentences allocate.
 */
final class ReplicaCensus {
    private final HostLink[] links;
    private final Gauge unreachableGauge;
    private final Gauge underReplicatedGauge;
    private Placement placement;
    private int unreachable;
    private int underReplicated;

    ReplicaCensus(final HostLink[] links, final Counters counters) {
        this.links = links;
        unreachableGauge = counters.registerGauge("moe_experts_unreachable",
            "Experts of all layers that no host takes rows for.");
        underReplicatedGauge = counters.registerGauge("moe_experts_under_replicated",
            "Experts of all layers with fewer live replicas than the placement gives them.");
    }

    /** Counts anew. */
    void take(final Placement current) {
        placement = current;
        unreachable = 0;
        underReplicated = 0;
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                unreachable += isReachable(placement, layer, expert) ? 0 : 1;
                underReplicated += live(placement, layer, expert) < placement.replicas(layer, expert) ? 1 : 0;
            }
        }
        unreachableGauge.set(unreachable);
        underReplicatedGauge.set(underReplicated);
    }

    /** Whether every expert has a host that takes rows for it, if only as a last resort. */
    boolean isReady() {
        return unreachable == 0;
    }

    /** Whether all replicas are live. */
    boolean isComplete() {
        return underReplicated == 0;
    }

    /** Whether another placement leaves within reach what is within reach now, and live what is live. */
    boolean keepsReach(final Placement next) {
        for (int layer = 0; layer < next.layers(); layer++) {
            for (int expert = 0; expert < next.experts(); expert++) {
                if (isReachable(placement, layer, expert) && !isReachable(next, layer, expert)
                    || live(placement, layer, expert) > 0 && live(next, layer, expert) == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean isReachable(final Placement where, final int layer, final int expert) {
        for (int replica = 0; replica < where.replicas(layer, expert); replica++) {
            final HostLink link = links[where.host(layer, expert, replica)];
            if (link.isReady() && link.holds(layer, expert)) {
                return true;
            }
        }
        return false;
    }

    private int live(final Placement where, final int layer, final int expert) {
        int live = 0;
        for (int replica = 0; replica < where.replicas(layer, expert); replica++) {
            live += links[where.host(layer, expert, replica)].isLive(layer, expert) ? 1 : 0;
        }
        return live;
    }

    /** The hosts that are in the way; if none is, the placement expects of a ready host what it does not hold. */
    String notReadyReason() {
        if (isReady()) {
            return "";
        }
        final String absent = Arrays.stream(links).filter(link -> !link.isReady() && !link.isVacant())
            .map(HostLink::troubleReason).collect(Collectors.joining(" "));
        return absent.isEmpty() ? lacking(firstUnreachable()) : absent;
    }

    private ExpertId firstUnreachable() {
        int index = 0;
        while (isReachable(placement, index / placement.experts(), index % placement.experts())) {
            index++;
        }
        return new ExpertId(index / placement.experts(), index % placement.experts());
    }

    private String lacking(final ExpertId expert) {
        final HostLink link = links[placement.host(expert.layer(), expert.index(), 0)];
        return link.isVacant() ? link.troubleReason() : link.lackReason(expert);
    }

    /** Why replicas are not live, a sentence for each host, and how many experts that concerns; empty if all are. */
    List<String> degradedReasons() {
        final List<String> reasons = new ArrayList<>();
        final ExpertId[] missingOfHost = new ExpertId[links.length];
        ExpertId worst = null;
        int fewest = Integer.MAX_VALUE;
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                noteMissing(layer, expert, missingOfHost);
                if (live(placement, layer, expert) < Math.min(placement.replicas(layer, expert), fewest)) {
                    fewest = live(placement, layer, expert);
                    worst = new ExpertId(layer, expert);
                }
            }
        }
        for (int host = 0; host < links.length; host++) {
            if (missingOfHost[host] != null) {
                reasons.add(links[host].isTrusted() ? links[host].lackReason(missingOfHost[host])
                    : links[host].troubleReason());
            }
        }
        if (worst != null) {
            reasons.add(underReplicated + " of " + placement.layers() * placement.experts() + " experts have fewer "
                + "live replicas than the placement gives them; the fewest has " + worst + ": "
                + fewest + " of " + placement.replicas(worst.layer(), worst.index()) + ".");
        }
        return reasons;
    }

    private void noteMissing(final int layer, final int expert, final ExpertId[] missingOfHost) {
        for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
            final int host = placement.host(layer, expert, replica);
            if (missingOfHost[host] == null && !links[host].isLive(layer, expert)) {
                missingOfHost[host] = new ExpertId(layer, expert);
            }
        }
    }
}
