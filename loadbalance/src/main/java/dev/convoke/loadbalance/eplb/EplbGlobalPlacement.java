package dev.convoke.loadbalance.eplb;

import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;

/**
 * EPLB's global policy with replicas of an expert on distinct hosts: replicas for the experts with the most load per
 * replica, then the heaviest replica first to the lightest host with a free slot. Where EPLB itself would not put two
 * replicas of an expert on one host, the result is EPLB's. Ignores speeds, failure domains, the current placement and
 * co-activation.
 */
public final class EplbGlobalPlacement implements PlacementAlgorithm {
    @Override
    public String name() {
        return "eplb-global";
    }

    @Override
    public Placement place(final PlacementRequest request) {
        return Eplb.place(request, false);
    }
}
