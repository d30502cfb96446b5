package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.transport.codec.ErrorCode;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is missing although everything can be reached: 24 experts, each on two of three hosts, 16 on each. */
@Timeout(20)
class ReplicaCensusTest {
    private static final String SUMMARY = "16 of 24 experts have fewer live replicas than the placement gives them; "
        + "the fewest has layer 0 expert 0: 1 of 2.";

    private final RoutedModel model = RoutingRig.model(DType.BF16, 40);
    private final RoutingRig rig = new RoutingRig(model, RoutingRig.replicated(model, 3, 2), 4096).ready();

    @AfterEach
    void close() {
        rig.close();
    }

    private long gauge(final String name) {
        return rig.counters.value("moe_experts_" + name);
    }

    private void assertComplete() {
        rig.pollUntil(rig.service::isComplete);
        assertEquals(List.of(), rig.service.degradedReasons());
        assertEquals(0, gauge("under_replicated"));
    }

    private void assertDegraded(final String why) {
        assertTrue(rig.service.isReady());
        assertFalse(rig.service.isComplete());
        assertEquals(List.of(why, SUMMARY), rig.service.degradedReasons());
        assertEquals(16, gauge("under_replicated"));
        assertEquals(0, gauge("unreachable"));
    }

    @Test
    void shouldMissTheReplicasOfAHostThatIsGone() {
        assertComplete();
        rig.hosts.get(0).close();
        rig.service.poll();
        assertDegraded("Expert host host-0 is not connected; start it or check its address.");
        rig.hosts.set(0, rig.bind(0));
        assertComplete();
    }

    @Test
    void shouldMissTheReplicasOfAHostThatDrains() {
        rig.hosts.get(1).close();
        rig.service.poll();
        rig.hosts.set(1, rig.bind(1));
        rig.hosts.get(1).refuseHello = ErrorCode.DRAINING;
        rig.pollUntil(() -> rig.service.degradedReasons().getFirst().contains("draining"));
        assertTrue(rig.service.degradedReasons().getFirst().contains("host-1"));
    }

    @Test
    void shouldSayThatAHostDoesNotAnswer() {
        rig.hosts.get(0).deaf = true;
        final ExchangeHandle handle = rig.handle();
        rig.service.dispatch(0, rig.randomPlan(new SplittableRandom(4), 32),
            rig.randomRows(new SplittableRandom(5)), handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        assertDegraded("Expert host host-0 does not answer.");
        rig.hosts.get(0).deaf = false;
        assertComplete();
    }

    @Test
    void shouldSayWhatAHostLacks() {
        rig.service.propose(ExplicitPlacement.parse(new PlacementRequest(2, 3, 8, 3), List.of("*:*", "*:*", "*:0")));
        rig.pollUntil(() -> rig.service.epoch() == 2);
        assertTrue(rig.service.isReady());
        final List<String> reasons = rig.service.degradedReasons();
        assertEquals(4, reasons.size(), "of each host, and how many experts");
        assertEquals("Expert host host-0 does not hold layer 0 expert 1; give it the experts that the placement puts "
            + "on it.", reasons.getFirst());
    }

    @Test
    void shouldTellHowManyAreOutOfReach() {
        rig.hosts.get(0).close();
        rig.hosts.get(1).close();
        rig.service.poll();
        assertFalse(rig.service.isReady());
        assertEquals(8, gauge("unreachable"));
        assertEquals(24, gauge("under_replicated"));
    }
}
