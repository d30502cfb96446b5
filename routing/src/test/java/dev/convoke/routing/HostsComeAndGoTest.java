package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.ExpertExchange;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts whose addresses nobody knew when the decoder started, and hosts that leave for good. */
@Timeout(60)
class HostsComeAndGoTest {
    private static final List<ExpertId> ALL = IntStream.range(0, 24).mapToObj(i -> new ExpertId(i / 8, i % 8)).toList();

    private final SplittableRandom random = new SplittableRandom(7);
    private final RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), placement(1, "*:*", "*:*", ""),
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

    private void join(final String address) {
        rig.hosts.add(new ScriptedHost(rig.exchange.bind(address), ALL, () -> rig.nowNs));
    }

    private void assertCompletes(final RoutingPlan plan) {
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(0, plan, rows, handle);
    }

    private void assertCompletes() {
        final RoutingPlan plan = rig.randomPlan(random, 8);
        rig.service.dispatch(0, plan, rows, handle);
        assertCompletes(plan);
    }

    private long rowsSentTo(final String address) {
        return rig.counters.labelled("host", address).value("moe_dispatch_rows");
    }

    @Test
    void shouldUseAHostThatTakesThePlaceOfOneThatLeft() {
        rig.service.proposeHosts(List.of("host-0", "host-1", ExpertExchange.NOBODY));
        rig.service.poll();
        assertCompletes();
        join("newcomer");
        rig.service.proposeHosts(List.of("host-0", "host-1", "newcomer"));
        rig.service.propose(placement(2, "", "", "*:*"));
        rig.pollUntil(() -> rig.service.epoch() == 2);
        assertCompletes();
        assertTrue(rowsSentTo("newcomer") >= 8);
        assertEquals(1, rig.counters.labelled("host", "newcomer").value("moe_expert_host_up"));
        assertEquals(0, rig.counters.labelled("host", "host-2").value("moe_expert_host_up"));
    }

    @Test
    void shouldCountAHostOnThatComesBackUnderAnotherNumber() {
        rig.service.proposeHosts(List.of("host-0", ExpertExchange.NOBODY, ExpertExchange.NOBODY));
        rig.service.poll();
        assertCompletes();
        rig.service.proposeHosts(List.of("host-0", ExpertExchange.NOBODY, "host-1"));
        final long before = rowsSentTo("host-1");
        rig.service.propose(placement(2, "", "", "*:*"));
        rig.pollUntil(() -> rig.service.epoch() == 2);
        assertCompletes();
        assertTrue(rowsSentTo("host-1") >= before + 8);
    }

    @Test
    void shouldCompleteAStuckStepWithAHostThatJoinsInItsMidst() {
        rig.service.proposeHosts(List.of("host-0", "host-1", ExpertExchange.NOBODY));
        rig.service.poll();
        join("rescuer");
        rig.hosts.get(0).dead = true;
        rig.hosts.get(1).close();
        final RoutingPlan plan = rig.randomPlan(random, 20);
        rig.service.dispatch(0, plan, rows, handle);
        final long startNs = rig.nowNs;
        rig.beforeHosts = () -> {
            if (rig.nowNs - startNs > TimeUnit.MILLISECONDS.toNanos(500)) {
                rig.service.proposeHosts(List.of("host-0", "host-1", "rescuer"));
                rig.service.propose(placement(2, "*:*", "*:*", "*:*"));
            }
        };
        assertCompletes(plan);
    }

    @Test
    void shouldSayThatNobodyHasJoined() {
        rig.service.proposeHosts(List.of(ExpertExchange.NOBODY, ExpertExchange.NOBODY, ExpertExchange.NOBODY));
        rig.service.poll();
        assertEquals("No expert host has joined as number 0 yet; start one with --join.", rig.service.notReadyReason());
        assertEquals(3, rig.service.degradedReasons().size(), () -> rig.service.degradedReasons().toString());
        rig.service.dispatch(0, rig.randomPlan(random, 8), rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(handle.failure().endsWith("No expert host has joined as number 0 yet; start one with --join."),
            handle::failure);
    }

    @Test
    void shouldRefuseMoreHostsThanThereIsRoomFor() {
        assertThrows(ConfigurationException.class, () -> rig.service.proposeHosts(List.of("a", "b", "c", "d")));
    }
}
