package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.decoder.ExpertCounts;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.rebalance.RebalancePolicy;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One layer of four experts under an even load, two of them on each of two hosts, and room for a third host. */
class RebalancerTest {
    private static final int EXPERTS = 4;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final RebalancePolicy AT_ONCE = new RebalancePolicy(1.05, 0, 0.01, 0, 1, SECOND, 1);

    private final ExpertCounts counts = new ExpertCounts(1, EXPERTS);
    private final Counters counters = new Counters();
    private final List<ClusterStatus.Host> hosts = new ArrayList<>();
    private final List<Placement> moves = new ArrayList<>();
    private long nowNs;

    private static ClusterStatus.Host host(final String address, final double speed, final boolean up) {
        return new ClusterStatus.Host(address, "", speed, up, false, up ? 2 : 0, up ? 2 : 0, up ? EXPERTS : 0, 0, 0,
            0, "");
    }

    /** Lets time pass under the load. */
    private void run() {
        final Rebalancer rebalancer = new Rebalancer(new TwoHosts(), counts,
            new RebalanceSettings(true, AT_ONCE, LoadObjective.TOKENS, SECOND), () -> nowNs, counters);
        final RoutingPlan plan = new RoutingPlan(EXPERTS, 1, EXPERTS);
        plan.start(EXPERTS);
        for (int row = 0; row < EXPERTS; row++) {
            plan.choose(row, 0, row, 1);
        }
        plan.group();
        for (int step = 0; step < 4; step++) {
            counts.onRouting(0, null, null, plan);
            nowNs += SECOND;
            rebalancer.doWork();
        }
    }

    @Test
    void shouldLeaveHostsAlikeAsTheyAre() {
        hosts.addAll(List.of(host("a", 1, true), host("b", 1, true), host("", 1, false)));
        run();
        assertTrue(moves.isEmpty(), moves::toString);
        assertEquals(100, counters.value("moe_rebalance_imbalance_percent"));
    }

    @Test
    void shouldGiveAFasterHostMoreWhileThereIsRoomForAnother() {
        hosts.addAll(List.of(host("a", 300, true), host("b", 100, true), host("", 200, false)));
        run();
        // Half of the work at a quarter of all speed takes twice as long as the mean.
        assertEquals(1, moves.size());
        assertEquals(3, Overview.placed(moves.getFirst())[0]);
        assertEquals(1, Overview.placed(moves.getFirst())[1]);
    }

    @Test
    void shouldWaitForAHostThatIsAway() {
        hosts.addAll(List.of(host("a", 300, true), host("b", 100, false), host("", 200, false)));
        run();
        assertTrue(moves.isEmpty(), moves::toString);
    }

    private final class TwoHosts implements Cluster {
        private Placement placement = new Placement(1, 1, EXPERTS, 3, new int[][] {{0}, {1}, {0}, {1}});

        @Override
        public ClusterStatus status() {
            return new ClusterStatus("", 1, 1, hosts, Optional.empty(), "", List.of());
        }

        @Override
        public Placement placement() {
            return placement;
        }

        @Override
        public String move(final Placement target) {
            moves.add(target);
            placement = target;
            return "";
        }

        @Override
        public String drain(final int host) {
            throw new AssertionError("a rebalancer drains nobody");
        }

        @Override
        public String add(final int host) {
            throw new AssertionError("a rebalancer adds nobody");
        }

        @Override
        public String cancel() {
            throw new AssertionError("a rebalancer cancels nothing");
        }
    }
}
