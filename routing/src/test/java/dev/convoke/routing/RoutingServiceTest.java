package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityLimit;
import dev.convoke.gating.CapacityPolicy;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.routing.replicas.FirstReplica;
import dev.convoke.tensor.RowBuffer;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a decoder sees of well-behaved hosts. */
@Timeout(20)
class RoutingServiceTest {
    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void shouldReturnEachRowFromTheExpertItChose() {
        for (final DType dtype : new DType[]{DType.F32, DType.BF16}) {
            try (RoutingRig rig = new RoutingRig(RoutingRig.model(dtype, 48), 3).ready()) {
                final ExchangeHandle handle = rig.handle();
                final RowBuffer rows = rig.randomRows(random);
                for (final int count : new int[]{1, 7, RoutingRig.CAPACITY_ROWS, 0}) {
                    final RoutingPlan plan = rig.randomPlan(random, count);
                    rig.service.dispatch(2, plan, rows, handle);
                    assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
                    assertEquals("", handle.failure());
                    rig.assertAnswered(2, plan, rows, handle);
                }
                assertEquals(4, rig.counters.value("routing_exchanges"));
                assertEquals(144, rig.counters.value("routing_entries"));
                assertEquals(144, rig.counters.value("routing_results_taken"));
                assertEquals(0, rig.counters.value("routing_resends"));
            }
        }
    }

    @Test
    void shouldSendARowOnceToAHostThatHoldsSeveralOfItsExperts() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 1).ready()) {
            final ExchangeHandle handle = rig.handle();
            rig.service.dispatch(0, rig.randomPlan(random, 10), rig.randomRows(random), handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            assertEquals(10, rig.counters.value("routing_rows_sent"));
            assertEquals(20, rig.counters.value("routing_results_taken"));
            assertEquals(1, rig.counters.value("routing_frames_sent"));
        }
    }

    @Test
    void shouldSplitIntoPartsWhenRowsDoNotFitOneFrame() {
        // A row is 1 KiB, so three go into a frame of 4 KiB.
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 256), 1).ready()) {
            final ExchangeHandle handle = rig.handle();
            final RoutingPlan plan = rig.randomPlan(random, 64);
            final RowBuffer rows = rig.randomRows(random);
            rig.service.dispatch(1, plan, rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            rig.assertAnswered(1, plan, rows, handle);
            final ScriptedHost host = rig.hosts.getFirst();
            assertEquals(22, host.dispatches.size());
            for (int part = 0; part < 22; part++) {
                assertEquals(part, host.dispatches.get(part).part());
                assertEquals(22, host.dispatches.get(part).parts());
                assertEquals(0, host.dispatches.get(part).attempt());
            }
            assertTrue(rig.counters.value("routing_offers_back_pressured") > 0, "eight frames fit the host's ring");
            assertEquals(0, rig.counters.value("routing_resends"));
        }
    }

    @Test
    void shouldServeOtherHostsWhileOneTakesNoMore() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 256), 2).ready()) {
            final ScriptedHost slow = rig.hosts.get(0);
            slow.asleep = true;
            final ExchangeHandle handle = rig.handle();
            final RoutingPlan plan = rig.randomPlan(random, 64);
            final RowBuffer rows = rig.randomRows(random);
            rig.service.dispatch(0, plan, rows, handle);
            final long others = IntStream.range(0, plan.entries())
                .filter(entry -> rig.placement.host(0, plan.expert(entry), 0) == 1).count();
            rig.pollUntil(() -> rig.counters.value("routing_results_taken") == others);
            assertTrue(rig.counters.value("routing_offers_back_pressured") > 0);
            slow.asleep = false;
            slow.framesPerTurn = 1;
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            rig.assertAnswered(0, plan, rows, handle);
        }
    }

    @Test
    void shouldKeepExchangesInFlightApart() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.BF16, 64), 2).ready()) {
            final ExchangeHandle first = rig.handle();
            final ExchangeHandle second = rig.handle();
            final RoutingPlan firstPlan = rig.randomPlan(random, 20);
            final RoutingPlan secondPlan = rig.randomPlan(random, 30);
            final RowBuffer firstRows = rig.randomRows(random);
            final RowBuffer secondRows = rig.randomRows(random);
            for (int layer = 0; layer < 3; layer++) {
                rig.service.dispatch(layer, firstPlan, firstRows, first);
                rig.service.dispatch(layer, secondPlan, secondRows, second);
                assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(first));
                assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(second));
                rig.assertAnswered(layer, firstPlan, firstRows, first);
                rig.assertAnswered(layer, secondPlan, secondRows, second);
            }
        }
    }

    @Test
    void shouldGoToTheReplicasWhoseHostsAreReady() {
        final RoutedModel model = RoutingRig.model(DType.F32, 16);
        final Placement both = ExplicitPlacement.parse(new PlacementRequest(5, 3, 8, 2), List.of("*:*", "*:*"));
        try (RoutingRig rig = new RoutingRig(model, both, 4096).ready()) {
            final ExchangeHandle handle = rig.handle();
            final RoutingPlan plan = rig.randomPlan(random, 8);
            final RowBuffer rows = rig.randomRows(random);
            rig.service.dispatch(0, plan, rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            final int first = rig.hosts.get(0).asked.size();
            final int second = rig.hosts.get(1).asked.size();
            assertEquals(16, first + second);
            assertTrue(first > 0 && second > 0, first + " and " + second);
            rig.hosts.get(0).close();
            rig.service.poll();
            assertTrue(rig.service.isReady(), "the other host holds everything");
            rig.service.dispatch(0, plan, rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            assertEquals(second + 16, rig.hosts.get(1).asked.size());
            rig.assertAnswered(0, plan, rows, handle);
        }
    }

    @Test
    void shouldSumTheTimesThatHostsReport() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 1).ready()) {
            final ExchangeHandle handle = rig.handle();
            rig.service.dispatch(0, rig.randomPlan(random, 9), rig.randomRows(random), handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            assertEquals(6, rig.counters.value("routing_answers"), "18 results, three in a frame");
            final Counters host = rig.counters.labelled("host", rig.context.hostAddresses().getFirst());
            assertEquals(6 * ScriptedHost.QUEUE_NS, host.value("moe_host_queue_ns"));
            assertEquals(6 * ScriptedHost.COMPUTE_NS, host.value("moe_host_compute_ns"));
        }
    }

    /** Every row wants experts 0 and 1 of 8. */
    private static RoutingPlan crowded(final Capacity capacity) {
        final RoutingPlan plan = new RoutingPlan(8, 2, 16, capacity);
        plan.start(16);
        for (int row = 0; row < 16; row++) {
            plan.choose(row, 0, 0, 0.5f);
            plan.choose(row, 1, 1, 0.5f);
        }
        plan.group();
        return plan;
    }

    @Test
    void shouldSendWhatIsBeyondCapacityToAnotherReplica() {
        final RoutedModel model = RoutingRig.model(DType.F32, 16);
        try (RoutingRig rig = new RoutingRig(model, RoutingRig.replicated(model, 3, 2), 4096,
            (exchange, clock) -> exchange, settings -> settings.replicaChoice(new FirstReplica())).ready()) {
            final ExchangeHandle handle = rig.handle();
            final RowBuffer rows = rig.randomRows(random);
            // Experts 0 and 1 lie on hosts 0 and 1, and 1 and 2; each takes 8 of one, or 4, and what is left stays.
            final double[] factors = {2, 1, Double.POSITIVE_INFINITY};
            final int[][] ofHosts = {{8, 16, 8}, {12, 16, 4}, {16, 16, 0}};
            final int[] exceeded = {16, 24, 0};
            final int[] spilled = {16, 8, 0};
            for (int i = 0; i < factors.length; i++) {
                final long[] before = combined(rig);
                final long exceededBefore = rig.counters.value("moe_capacity_exceeded_entries");
                final long spilledBefore = rig.counters.value("moe_capacity_spilled_entries");
                final RoutingPlan plan = crowded(new Capacity(CapacityPolicy.SPILL, factors[i]));
                rig.service.dispatch(0, plan, rows, handle);
                assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
                rig.assertAnswered(0, plan, rows, handle);
                for (int host = 0; host < 3; host++) {
                    assertEquals(ofHosts[i][host], combined(rig)[host] - before[host], "host " + host);
                }
                assertEquals(exceeded[i], rig.counters.value("moe_capacity_exceeded_entries") - exceededBefore);
                assertEquals(spilled[i], rig.counters.value("moe_capacity_spilled_entries") - spilledBefore);
            }
        }
    }

    private static long[] combined(final RoutingRig rig) {
        return rig.context.hostAddresses().stream()
            .mapToLong(address -> rig.counters.labelled("host", address).value("moe_combine_rows")).toArray();
    }

    @Test
    void shouldAnswerDroppedEntriesWithZeroAndAskNobody() {
        final RoutedModel model = RoutingRig.model(DType.F32, 16);
        try (RoutingRig rig = new RoutingRig(model, 2).ready()) {
            final ExchangeHandle handle = rig.handle();
            final RowBuffer rows = rig.randomRows(random);
            rig.service.dispatch(0, rig.randomPlan(random, 16), rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            final RoutingPlan plan = crowded(new Capacity(CapacityPolicy.DROP, 1));
            final CapacityLimit limit = new CapacityLimit(plan);
            assertTrue(limit.isExceeded(plan));
            IntStream.range(0, 8).forEach(expert -> limit.replicas(expert, 1));
            limit.apply(new RowBuffer(rig.arena, DType.F32, 16, 8), plan);
            rig.service.dispatch(0, plan, rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            rig.assertAnswered(0, plan, rows, handle);
            assertEquals(24, rig.counters.value("moe_dropped_tokens"));
            assertEquals(32 + 8, rig.counters.value("routing_results_taken"));
            assertEquals(32 + 8, rig.counters.value("routing_entries"));
        }
    }

    @Test
    void shouldRejectWhatDoesNotSuitTheModel() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 2).ready()) {
            final ExchangeHandle handle = rig.handle();
            final RowBuffer rows = rig.randomRows(random);
            final RoutingPlan plan = rig.randomPlan(random, 3);
            assertThrows(IllegalArgumentException.class, () -> rig.service.dispatch(3, plan, rows, handle));
            assertThrows(IllegalArgumentException.class,
                () -> rig.service.dispatch(0, new RoutingPlan(8, 3, 4), rows, handle));
            assertThrows(IllegalArgumentException.class, () -> rig.service.dispatch(0, plan,
                new RowBuffer(rig.arena, DType.BF16, 64, 16), handle));
            rig.service.dispatch(0, plan, rows, handle);
            assertThrows(IllegalStateException.class, () -> rig.service.dispatch(0, plan, rows, handle));
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
            assertThrows(IllegalStateException.class, () -> rig.service.await(handle));
        }
    }

    @Test
    void shouldSayWhichFrameSizeARowNeeds() {
        final ConfigurationException e = assertThrows(ConfigurationException.class,
            () -> new RoutingRig(RoutingRig.model(DType.F32, 2048), 1));
        assertTrue(e.getMessage().contains("raise max-frame-bytes to 8"), e.getMessage());
    }

    @Test
    void shouldGoOnWhenLocalWorkFails() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 1).ready()) {
            final ScriptedHost host = rig.hosts.getFirst();
            rig.hosts.set(0, null);
            rig.service.poll();
            assertEquals(1, rig.counters.value("routing_local_work_errors"));
            rig.hosts.set(0, host);
            final ExchangeHandle handle = rig.handle();
            rig.service.dispatch(0, rig.randomPlan(random, 9), rig.randomRows(random), handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        }
    }

    @Test
    void shouldNotBeReadyBeforeAllHostsAnswered() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 2)) {
            assertFalse(rig.service.isReady());
            assertTrue(rig.service.notReadyReason().contains("Expert host host-1 is not connected"),
                rig.service.notReadyReason());
            rig.hosts.get(1).asleep = true;
            for (int i = 0; i < 50; i++) {
                rig.service.poll();
            }
            assertEquals("Expert host host-1 is connected but has not answered yet.", rig.service.notReadyReason());
            rig.hosts.get(1).asleep = false;
            rig.ready();
        }
    }

    @Test
    void shouldNotAllocateOnceWarm() {
        // Fresh allocations of hosts would hide those of the service, so the answers are its own frames' echo.
        try (EchoRig rig = new EchoRig()) {
            final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
            rig.exchanges(3_000);
            final long before = threads.getCurrentThreadAllocatedBytes();
            rig.exchanges(1_000);
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 10_000, allocated + " bytes in 1000 exchanges; less than 10 each are allowed");
        }
    }
}
