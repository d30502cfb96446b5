package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PlacementRequestTest {
    private final PlacementRequest request = new PlacementRequest(1, 2, 4, 3);

    @Test
    void shouldAskForOneReplicaUnderUniformLoadWhenNothingElseIsSaid() {
        assertEquals(8, request.totalReplicas());
        assertEquals(1, request.leastReplicas());
        assertEquals(1, request.weight(1, 3));
        assertEquals(1, request.withObjective(LoadObjective.ACTIVE_EXPERTS).weight(1, 3));
        assertTrue(request.current().isEmpty());
    }

    @Test
    void shouldNotChangeWhenACopyDoes() {
        final PlacementRequest more = request.withReplicas(2, 3);
        assertEquals(8, request.totalReplicas());
        assertEquals(2 * (8 + 3), more.totalReplicas());
    }

    @Test
    void shouldAskForNoMoreReplicasThanFit() {
        final PlacementRequest small = new PlacementRequest(1, 2, 4,
            List.of(HostCapacity.of(8), HostCapacity.of(5), HostCapacity.of(0)));
        assertEquals(2, small.usableHosts());
        assertEquals(1, small.withReplicas(2, 0).leastReplicas());
        assertEquals(13, small.withReplicas(2, 0).totalReplicas());
        assertEquals(12, small.withReplicas(1, 2).totalReplicas());
        final PlacementRequest ample = new PlacementRequest(1, 2, 4, 3).withReplicas(9, 100);
        assertEquals(3, ample.leastReplicas());
        assertEquals(24, ample.totalReplicas());
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertError("Cannot place 2 layers of 0 experts on 3 hosts; each must be at least 1.",
            () -> new PlacementRequest(1, 2, 0, 3));
        assertError("The 2 hosts have memory for 6 replicas, but 2 layers of 4 experts need 8; add a host, or memory "
            + "to one.", () -> new PlacementRequest(1, 2, 4, HostCapacity.alike(2, HostCapacity.of(3))));
        assertError("Cannot place 0 replicas of each expert and 1 more; ask for at least 1 and 0.",
            () -> request.withReplicas(0, 1));
        assertError("3 groups do not divide 4 experts; take n_group of the model, or 1.",
            () -> request.withExpertGroups(3));
        assertError("The load is of 2 layers of 5 experts, the placement of 2 of 4; both must be of one model.",
            () -> request.withLoad(ExpertLoad.uniform(2, 5)));
        assertError("The current placement has 4 hosts, the new one 3; keep a host that is gone, with a capacity of "
            + "0.", () -> request.withCurrent(new Placement(1, 2, 4, 4, new int[][]{{0}, {0}, {0}, {0}, {0}, {0}, {0},
                {0}}), MovePolicy.FREE));
        assertError("The weight of traffic is NaN; give a number of 0 or more.",
            () -> request.withCoActivation(CoActivation.builder(2, 4).build(), Double.NaN));
        assertError("Active experts cannot be balanced by a load that counts tokens only; record in how many steps "
            + "each expert is active, estimate it, or balance tokens.",
            () -> request.withObjective(LoadObjective.ACTIVE_EXPERTS)
                .withLoad(ExpertLoad.ofTokens(new double[2][4])));
        assertError("A host cannot hold -1 replicas; give 0 or more.", () -> HostCapacity.of(-1));
        assertError("The speed of a host is 0.0; give a number above 0, 1 for an average host.",
            () -> HostCapacity.UNLIMITED.withSpeed(0));
        assertError("A move cannot cost -1.0 with at most 3 of them; give numbers of 0 or more.",
            () -> new MovePolicy(-1, 3));
    }

    @Test
    void shouldCountWholeExpertsIntoMemory() {
        assertEquals(2, HostCapacity.ofBytes(299, 100).replicas());
        assertEquals(Integer.MAX_VALUE, HostCapacity.ofBytes(Long.MAX_VALUE, 1).replicas());
    }

    private static void assertError(final String message, final Executable call) {
        assertEquals(message, assertThrows(ConfigurationException.class, call).getMessage());
    }
}
