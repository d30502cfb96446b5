package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import java.util.List;

/** The placement a deployment starts with. */
final class Placements {
    private static final int FIRST_EPOCH = 1;

    private Placements() {
    }

    /**
     * Where every expert is.
     *
     * @param lists one for each host, or empty to ask the algorithm
     */
    static Placement first(final ModelConfiguration model, final int hosts, final String algorithm,
        final List<String> lists) {
        final PlacementRequest request = new PlacementRequest(FIRST_EPOCH, model.layers(), model.experts(), hosts);
        return lists.isEmpty() ? NamedServices.named(PlacementAlgorithm.class, algorithm).place(request)
            : ExplicitPlacement.parse(request, lists);
    }
}
