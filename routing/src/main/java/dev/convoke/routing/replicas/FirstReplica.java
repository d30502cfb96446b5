package dev.convoke.routing.replicas;

import dev.convoke.routing.HostCosts;
import dev.convoke.routing.ReplicaChoice;
import dev.convoke.routing.ReplicaDemand;

/** The placement's order decides: other replicas only stand by. */
public final class FirstReplica implements ReplicaChoice {
    @Override
    public String name() {
        return "first";
    }

    @Override
    public void choose(final ReplicaDemand demand, final HostCosts costs) {
        for (int item = 0; item < demand.experts(); item++) {
            demand.allotAll(item, 0);
        }
    }
}
