package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostLoadsTest {
    private final ExpertLoad load = ExpertLoad.of(new double[][]{{6, 2}, {0, 4}}, new double[][]{{4, 1}, {0, 2}}, 4);

    @Test
    void shouldDivideAnExpertEvenlyOverHostsAlike() {
        final Placement placement = new Placement(1, 2, 2, 2, new int[][]{{0, 1}, {1}, {0}, {0, 1}});
        final HostLoads loads = HostLoads.of(placement, load, LoadObjective.TOKENS);
        assertEquals(3, loads.time(0, 0));
        assertEquals(5, loads.time(0, 1));
        assertEquals(4, loads.mean(0));
        assertEquals(1.25, loads.maxOverMean(0));
        assertEquals(1, loads.maxOverMean(1));
        assertEquals(7.0 / 6, loads.maxOverMean(), 1e-12);
        assertEquals(3.5, loads.meanLargest());
    }

    @Test
    void shouldDivideInProportionToSpeed() {
        final Placement placement = new Placement(1, 2, 2, 3, new int[][]{{0, 1}, {1}, {0}, {0}});
        final List<HostCapacity> hosts = List.of(HostCapacity.of(9).withSpeed(3), HostCapacity.of(9).withSpeed(1),
            HostCapacity.of(0).withSpeed(5));
        final HostLoads loads = HostLoads.of(placement, load, LoadObjective.TOKENS, hosts);
        assertEquals(1.5, loads.time(0, 0));
        assertEquals(3.5, loads.time(0, 1));
        assertEquals(2, loads.mean(0));
        assertEquals(4.0 / 3, loads.time(1, 0));
    }

    @Test
    void shouldCountActiveExperts() {
        final Placement placement = new Placement(1, 2, 2, 2, new int[][]{{0, 1}, {1}, {0}, {0, 1}});
        final HostLoads loads = HostLoads.of(placement, load, LoadObjective.ACTIVE_EXPERTS);
        assertEquals(0.5, loads.time(0, 0));
        assertEquals(0.75, loads.time(0, 1));
        assertEquals((0.75 + 0.25) / 2, loads.meanLargest());
    }

    @Test
    void shouldTakeWorkOfHostsAsItIs() {
        final HostLoads loads = HostLoads.ofWork(new double[][]{{1, 3}, {0, 0}});
        assertEquals(1.5, loads.maxOverMean(0));
        assertEquals(1, loads.maxOverMean(1));
    }
}
