package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.tensor.RowBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Placements that change while rows flow. */
@Timeout(60)
class EpochTest {
    private static final long SEED = Long.getLong("convoke.seed", System.nanoTime());

    private final SplittableRandom random = new SplittableRandom(7);
    private final RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), placement(5, "*:*", "*:0-3", ""),
        4096).ready();
    private final ExchangeHandle handle = rig.handle();
    private final RowBuffer rows = rig.randomRows(random);

    private static Placement placement(final long epoch, final String... lists) {
        return ExplicitPlacement.parse(new PlacementRequest(epoch, 3, 8, lists.length), List.of(lists));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void holdAll(final int host) {
        final List<ExpertId> experts = rig.hosts.get(host).experts;
        experts.clear();
        for (int index = 0; index < 24; index++) {
            experts.add(new ExpertId(index / 8, index % 8));
        }
    }

    private void pollFor(final long durationNs) {
        final long endNs = rig.nowNs + durationNs;
        rig.pollUntil(() -> rig.nowNs >= endNs);
    }

    private void assertCompletes(final int layer) {
        final RoutingPlan plan = rig.randomPlan(random, 8);
        rig.service.dispatch(layer, plan, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(layer, plan, rows, handle);
    }

    @Test
    void shouldPinTheEpochWhileAnExchangeIsInFlight() {
        holdAll(1);
        final RoutingPlan plan = rig.randomPlan(random, 8);
        rig.hosts.get(0).asleep = true;
        final long startNs = rig.nowNs;
        rig.service.dispatch(0, plan, rows, handle);
        rig.service.propose(placement(6, "", "*:*", ""));
        while (rig.nowNs - startNs < RoutingRig.RESEND_AFTER_NS / 2) {
            rig.context.idleStrategy().idle(rig.service.poll());
            assertEquals(5, rig.service.epoch());
        }
        rig.hosts.get(0).asleep = false;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
        rig.pollUntil(() -> rig.service.epoch() == 6);
        final int asked = rig.hosts.get(0).asked.size();
        assertCompletes(0);
        assertEquals(asked, rig.hosts.get(0).asked.size(), "the host is no longer placed for anything");
    }

    @Test
    void shouldWaitForHostsThatDoNotHoldYetWhatIsPutOnThem() {
        rig.service.propose(placement(6, "", "", "*:*"));
        pollFor(TimeUnit.SECONDS.toNanos(1));
        assertEquals(5, rig.service.epoch());
        assertEquals(5, rig.counters.value("moe_placement_epoch"));
        assertCompletes(1);
        holdAll(2);
        rig.pollUntil(() -> rig.service.epoch() == 6);
        assertEquals(6, rig.counters.value("moe_placement_epoch"));
        assertCompletes(1);
        assertTrue(rig.hosts.get(2).asked.size() >= 16);
    }

    @Test
    void shouldNotWaitForReplicasThatNobodyDependsOn() {
        rig.service.propose(placement(6, "*:*", "*:0-3", "*:*"));
        rig.pollUntil(() -> rig.service.epoch() == 6);
        assertCompletes(2);
        assertFalse(rig.service.isComplete());
        holdAll(2);
        rig.pollUntil(rig.service::isComplete);
    }

    @Test
    void shouldTakeALaterPlacementInsteadOfOneThatCannotBe() {
        rig.service.propose(placement(6, "", "", "*:*"));
        pollFor(TimeUnit.MILLISECONDS.toNanos(100));
        rig.service.propose(placement(7, "*:*", "", ""));
        rig.pollUntil(() -> rig.service.epoch() == 7);
        rig.service.propose(placement(7, "", "*:*", ""));
        rig.service.propose(placement(4, "", "*:*", ""));
        pollFor(TimeUnit.MILLISECONDS.toNanos(100));
        assertEquals(7, rig.service.epoch());
        assertTrue(rig.service.placement().holds(0, 0, 0));
    }

    @Test
    void shouldTakeAPlacementInTheMidstOfAStepThatCannotBeCompletedWithoutIt() {
        holdAll(2);
        final RoutingPlan plan = rig.randomPlan(random, 20);
        rig.hosts.get(0).dead = true;
        rig.hosts.get(1).close();
        rig.service.dispatch(0, plan, rows, handle);
        final long startNs = rig.nowNs;
        rig.beforeHosts = () -> {
            if (rig.nowNs - startNs > TimeUnit.MILLISECONDS.toNanos(500)) {
                rig.service.propose(placement(6, "*:*", "*:0-3", "*:*"));
            }
        };
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(0, plan, rows, handle);
        assertEquals(6, rig.service.epoch());
    }

    @Test
    void shouldRefuseAPlacementOfAnotherDeployment() {
        assertThrows(ConfigurationException.class, () -> rig.service.propose(
            new RoundRobinPlacement().place(new PlacementRequest(7, 3, 8, 2))));
        assertThrows(ConfigurationException.class, () -> rig.service.propose(
            new RoundRobinPlacement().place(new PlacementRequest(7, 3, 7, 3))));
    }

    @Test
    void shouldCompleteEveryExchangeWhilePlacementsFollowEachOther() {
        System.out.println("seed " + SEED);
        final SplittableRandom draws = new SplittableRandom(SEED);
        final ExchangeHandle[] handles = {handle, rig.handle()};
        final RoutingPlan[] plans = new RoutingPlan[2];
        rig.hosts.forEach(host -> holdAll(rig.hosts.indexOf(host)));
        // One host may fall asleep from the first exchange on, so that every expert needs two from the beginning.
        rig.service.propose(randomPlacement(draws, 6));
        rig.pollUntil(() -> rig.service.epoch() == 6);
        long epoch = 6;
        for (int i = 0; i < 500; i++) {
            final int troubled = draws.nextInt(6);
            if (troubled < 3) {
                rig.hosts.get(troubled).asleep = true;
            }
            for (int j = 0; j < 2; j++) {
                plans[j] = rig.randomPlan(draws, draws.nextInt(1, 20));
                rig.service.dispatch(j, plans[j], rows, handles[j]);
                if (draws.nextBoolean()) {
                    rig.service.propose(randomPlacement(draws, ++epoch));
                }
            }
            for (int j = 0; j < 2; j++) {
                assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handles[j]), handles[j]::failure);
                rig.assertAnswered(j, plans[j], rows, handles[j]);
            }
            rig.hosts.forEach(host -> host.asleep = false);
            rig.service.poll();
        }
        final long last = epoch;
        rig.pollUntil(() -> rig.service.epoch() == last);
    }

    /** Every expert on two hosts or three. */
    private static Placement randomPlacement(final SplittableRandom draws, final long epoch) {
        final int[][] hosts = new int[24][];
        for (int expert = 0; expert < hosts.length; expert++) {
            final int first = draws.nextInt(3);
            final List<Integer> chosen = new ArrayList<>(List.of(first, (first + 1) % 3));
            if (draws.nextInt(4) == 0) {
                chosen.add((first + 2) % 3);
            }
            hosts[expert] = chosen.stream().mapToInt(Integer::intValue).toArray();
        }
        return new Placement(epoch, 3, 8, 3, hosts);
    }
}
