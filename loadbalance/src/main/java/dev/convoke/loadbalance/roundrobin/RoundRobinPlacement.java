package dev.convoke.loadbalance.roundrobin;

import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementDraft;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.stream.IntStream;

/**
 * Experts dealt out in turn through all layers, whatever their load: expert e of layer l goes to host
 * {@code (l x experts + e) mod hosts}. Where hosts divide the experts, every layer is dealt alike; otherwise the deal
 * goes on from layer to layer, so that no host holds two experts more than another. Hosts that are full are passed
 * over.
 *
 * <p>Second replicas of the experts of one host are dealt out over all the others, so that when it fails each takes
 * its part; so are further ones. Extra replicas go to experts at even distances.
 */
public final class RoundRobinPlacement implements PlacementAlgorithm {
    @Override
    public String name() {
        return "round-robin";
    }

    @Override
    public Placement place(final PlacementRequest request) {
        final PlacementDraft draft = new PlacementDraft(request);
        final int[] hosts = IntStream.range(0, request.hosts())
            .filter(host -> request.capacity(host).replicas() > 0).toArray();
        final int experts = request.layers() * request.experts();
        for (int level = 0; level < request.leastReplicas(); level++) {
            for (int expert = 0; expert < experts; expert++) {
                deal(draft, request, hosts, expert, level);
            }
        }
        final int extras = request.totalReplicas() - draft.total();
        for (int i = 0; i < extras; i++) {
            deal(draft, request, hosts, (int)((long)i % experts * experts / Math.min(extras, experts)) % experts,
                request.leastReplicas() + i / experts);
        }
        draft.complete();
        return draft.toPlacement();
    }

    private static void deal(final PlacementDraft draft, final PlacementRequest request, final int[] hosts,
        final int expert, final int level) {
        final int layer = expert / request.experts();
        final int index = expert % request.experts();
        final int first = expert % hosts.length
            + (level == 0 ? 0 : 1 + (expert / hosts.length + level - 1) % Math.max(1, hosts.length - 1));
        for (int i = 0; i < hosts.length; i++) {
            final int host = hosts[(first + i) % hosts.length];
            if (draft.canHold(layer, index, host)) {
                draft.add(layer, index, host);
                return;
            }
        }
        draft.tryAdd(layer, index);
    }
}
