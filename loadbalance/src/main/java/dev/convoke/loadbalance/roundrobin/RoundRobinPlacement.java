package dev.convoke.loadbalance.roundrobin;

import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;

/**
 * One host for each expert, dealt in turn through all layers: expert e of layer l goes to host
 * {@code (l x experts + e) mod hosts}. Where hosts divide the experts, every layer is dealt alike; otherwise the deal
 * goes on from layer to layer, so that no host holds two experts more than another.
 */
public final class RoundRobinPlacement implements PlacementAlgorithm {
    @Override
    public String name() {
        return "round-robin";
    }

    @Override
    public Placement place(final PlacementRequest request) {
        final int[][] hostsOfExpert = new int[request.layers() * request.experts()][];
        for (int expert = 0; expert < hostsOfExpert.length; expert++) {
            hostsOfExpert[expert] = new int[]{expert % request.hosts()};
        }
        return new Placement(request.epoch(), request.layers(), request.experts(), request.hosts(), hostsOfExpert);
    }
}
