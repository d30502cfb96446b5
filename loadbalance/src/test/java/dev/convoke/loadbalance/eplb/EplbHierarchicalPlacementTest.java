package dev.convoke.loadbalance.eplb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementAlgorithmContract;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EplbHierarchicalPlacementTest extends PlacementAlgorithmContract {
    @Override
    protected PlacementAlgorithm algorithm() {
        return new EplbHierarchicalPlacement();
    }

    @Test
    void shouldKeepTheReplicasOfAGroupInOneFailureDomain() {
        final List<HostCapacity> hosts = IntStream.range(0, 8)
            .mapToObj(host -> HostCapacity.UNLIMITED.in("rack-" + host / 4)).toList();
        final Placement placement = algorithm().place(new PlacementRequest(1, 2, 12, hosts).withExpertGroups(4)
            .withLoad(ExpertLoad.ofTokens(EplbTest.LOAD)).withReplicas(1, 4));
        for (int layer = 0; layer < 2; layer++) {
            for (int expert = 0; expert < 12; expert++) {
                final int rack = placement.host(layer, expert / 3 * 3, 0) / 4;
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    assertEquals(rack, placement.host(layer, expert, replica) / 4);
                }
            }
        }
    }

    @Test
    void shouldPlaceGloballyWhereFailureDomainsDoNotDivideTheGroups() {
        final List<HostCapacity> hosts = IntStream.range(0, 6)
            .mapToObj(host -> HostCapacity.UNLIMITED.in("rack-" + host / 2)).toList();
        final PlacementRequest request = new PlacementRequest(1, 2, 12, hosts).withExpertGroups(4)
            .withLoad(ExpertLoad.ofTokens(EplbTest.LOAD)).withReplicas(1, 6);
        assertEquals(new EplbGlobalPlacement().place(request), algorithm().place(request));
    }
}
