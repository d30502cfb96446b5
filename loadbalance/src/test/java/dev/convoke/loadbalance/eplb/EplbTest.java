package dev.convoke.loadbalance.eplb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.RandomRequests;
import dev.convoke.loadbalance.SlotShares;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EplbTest {
    /** The example of EPLB's README, two layers of twelve experts. */
    static final double[][] LOAD = {
        {90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86},
        {20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27}};

    @Test
    void shouldGiveTheMapsThatEplbPublishes() {
        final EplbMaps maps = Eplb.rebalance(LOAD, 16, 4, 2, 8);
        assertArrayEquals(new int[][]{
            {5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1},
            {7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1}}, maps.phy2log());
        assertArrayEquals(new int[]{1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1}, maps.logcnt()[0]);
        final Placement placement = maps.toPlacement(1, 8);
        final HostLoads loads = HostLoads.of(placement, ExpertLoad.ofTokens(LOAD),
            LoadObjective.TOKENS);
        assertEquals(1.21, loads.maxOverMean(0), 0.005);
        assertEquals(1.24, loads.maxOverMean(1), 0.005);
    }

    @Test
    void shouldPlaceReplicasOfAnExpertTogetherGlobally() {
        final int[] slots = Eplb.rebalance(LOAD, 16, 1, 2, 8).phy2log()[0];
        assertTrue(IntStream.range(0, 8).anyMatch(host -> slots[2 * host] == slots[2 * host + 1]));
    }

    @Test
    void shouldBeEplbsPlanWhereThatKeepsReplicasApart() {
        final List<HostCapacity> hosts = IntStream.range(0, 8)
            .mapToObj(host -> HostCapacity.of(4).in("node-" + host / 4)).toList();
        final Placement placement = new EplbHierarchicalPlacement().place(new PlacementRequest(1, 2, 12, hosts)
            .withExpertGroups(4).withLoad(ExpertLoad.ofTokens(LOAD)).withReplicas(1, 4));
        final Placement eplb = Eplb.rebalance(LOAD, 16, 4, 2, 8).toPlacement(1, 8);
        for (int layer = 0; layer < 2; layer++) {
            for (int expert = 0; expert < 12; expert++) {
                for (int host = 0; host < 8; host++) {
                    assertEquals(eplb.holds(host, layer, expert), placement.holds(host, layer, expert));
                }
            }
        }
    }

    @Test
    void shouldUseAllSlotsWhereReplicasDoNotDivideOverHosts() {
        final EplbMaps maps = Eplb.rebalance(LOAD, 14, 4, 2, 4);
        assertEquals(16, maps.slots());
        for (final int[] slots : maps.phy2log()) {
            assertEquals(2, Arrays.stream(slots).filter(expert -> expert == EplbMaps.NONE).count());
        }
        final EplbMaps sparse = Eplb.rebalance(LOAD, 12, 1, 1, 64);
        assertEquals(64, sparse.slots());
    }

    @Test
    void shouldBalanceTheSlotsOfHostsOverLayers() {
        final int[][] slots = SlotShares.of(5 * 9, 5, 9, HostCapacity.alike(4, HostCapacity.UNLIMITED));
        for (int host = 0; host < 4; host++) {
            int sum = 0;
            for (final int[] layer : slots) {
                sum += layer[host];
                assertTrue(layer[host] == 2 || layer[host] == 3, Arrays.deepToString(slots));
            }
            assertTrue(sum == 11 || sum == 12, Arrays.deepToString(slots));
        }
    }

    @Test
    void shouldDealAsManySlotsAsReplicasWithinMemory() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            final PlacementRequest request = RandomRequests.any(random);
            final int[][] slots = SlotShares.of(request.totalReplicas(), request.layers(), request.experts(),
                request.capacities());
            int sum = 0;
            for (int host = 0; host < request.hosts(); host++) {
                int held = 0;
                for (final int[] layer : slots) {
                    held += layer[host];
                    assertTrue(layer[host] >= 0 && layer[host] <= request.experts());
                }
                assertTrue(held <= request.capacity(host).replicas());
                sum += held;
            }
            assertTrue(sum <= request.totalReplicas());
        }
    }

    @Test
    void shouldSayWhatItCannotPlace() {
        assertEquals("12 experts in 5 groups cannot have 16 replicas on 8 hosts in 2 nodes; groups must divide the "
            + "experts, nodes the hosts, and every expert needs a replica.", assertThrows(ConfigurationException.class,
                () -> Eplb.rebalance(LOAD, 16, 5, 2, 8)).getMessage());
    }
}
