package dev.convoke.routing;

import dev.convoke.loadbalance.Placement;

/** Picks the host that computes an expert in one exchange. On the step path: does not allocate, lock, log or throw. */
interface ReplicaChoice {
    /** The first replica whose host is ready, else the first replica, which is waited for. */
    ReplicaChoice FIRST_READY = (placement, layer, expert, links) -> {
        for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
            final int host = placement.host(layer, expert, replica);
            if (links[host].isReady() && links[host].holds(layer, expert)) {
                return host;
            }
        }
        return placement.host(layer, expert, 0);
    };

    /** A host of the placement; the same for all rows of an exchange. */
    int choose(Placement placement, int layer, int expert, HostLink[] links);
}
