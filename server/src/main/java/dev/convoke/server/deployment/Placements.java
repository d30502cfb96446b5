package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.server.ExpertSettings;

/** The placement a deployment starts with. */
public final class Placements {
    private static final int FIRST_EPOCH = 1;

    private Placements() {
    }

    /**
     * Where every expert is: by the lists of the hosts if there are any, else by the algorithm. Hosts that are yet to
     * join have no part in it; where none is known, the first to join has everything.
     */
    public static Placement first(final ModelConfiguration model, final ExpertSettings experts) {
        final int known = Math.max(1, experts.addresses().size());
        final PlacementRequest request = new PlacementRequest(FIRST_EPOCH, model.layers(), model.experts(), known);
        return (experts.lists().isEmpty()
            ? NamedServices.named(PlacementAlgorithm.class, experts.placement())
                .place(request.withReplicas(Math.min(known, experts.replicas()), 0))
            : ExplicitPlacement.parse(request, experts.lists())).withHosts(experts.mostHosts());
    }
}
