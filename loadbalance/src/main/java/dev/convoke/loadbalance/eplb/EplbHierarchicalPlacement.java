package dev.convoke.loadbalance.eplb;

import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;

/**
 * EPLB's hierarchical policy with replicas of an expert on distinct hosts: groups of experts to failure domains, as
 * many to each, then within each as {@link EplbGlobalPlacement}. All replicas of an expert lie in one failure domain:
 * rows that are gated by group cross fewer of them, and none outlives its own. Where the failure domains do not divide
 * the groups, or one has too little memory for its experts, a layer is placed globally.
 */
public final class EplbHierarchicalPlacement implements PlacementAlgorithm {
    @Override
    public String name() {
        return "eplb-hierarchical";
    }

    @Override
    public Placement place(final PlacementRequest request) {
        return Eplb.place(request, true);
    }
}
