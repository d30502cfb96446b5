package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.codec.ErrorCode;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that fail while others hold the same experts: the exchange completes with the same rows. */
@Timeout(20)
class FailoverTest {
    private static final int ROWS = 32;

    private final SplittableRandom random = new SplittableRandom(21);
    private RoutingRig rig;
    private ExchangeHandle handle;
    private RoutingPlan plan;
    private RowBuffer rows;

    @BeforeEach
    void open() {
        final RoutedModel model = RoutingRig.model(DType.BF16, 40);
        rig = new RoutingRig(model, RoutingRig.replicated(model, 3, 2), 4096).ready();
        handle = rig.handle();
        plan = rig.randomPlan(random, ROWS);
        rows = rig.randomRows(random);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private long failovers(final Failover.Reason reason) {
        return rig.counters.labelled("reason", reason.name().toLowerCase(Locale.ROOT)).value("moe_failover");
    }

    private void assertCompletes(final int layer) {
        rig.service.dispatch(layer, plan, rows, handle);
        finish(layer);
    }

    private void finish(final int layer) {
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(layer, plan, rows, handle);
    }

    private long taken() {
        return rig.counters.value("routing_results_taken");
    }

    @Test
    void shouldAskOthersForWhatASilentHostOwes() {
        rig.hosts.get(1).deaf = true;
        final long startNs = rig.nowNs;
        assertCompletes(0);
        assertTrue(rig.nowNs - startNs < 2 * RoutingRig.RESEND_AFTER_NS, "it took one wait");
        assertEquals(1, failovers(Failover.Reason.SILENT));
        assertEquals(0, rig.counters.value("routing_resends"), "nobody was asked the same twice");
        assertEquals(plan.entries(), taken());
    }

    @Test
    void shouldAskOthersForExactlyWhatIsMissing() {
        final ScriptedHost host = rig.hosts.get(1);
        host.withheldResults = 3;
        rig.service.dispatch(2, plan, rows, handle);
        finish(2);
        final long asked = rig.hosts.stream().mapToLong(each -> each.asked.size()).sum();
        assertEquals(plan.entries() + 3, asked);
        assertEquals(0, rig.counters.value("routing_results_duplicate"));
    }

    @Test
    void shouldTurnToOthersAtOnceWhenAHostIsGone() {
        rig.hosts.get(1).deaf = true;
        rig.service.dispatch(1, plan, rows, handle);
        rig.hosts.get(1).close();
        final long startNs = rig.nowNs;
        finish(1);
        assertTrue(rig.nowNs - startNs < RoutingRig.RESEND_AFTER_NS, "without a wait");
        assertEquals(1, failovers(Failover.Reason.GONE));
    }

    @Test
    void shouldSayWhileAnExchangeWaitsThatNoHostIsLeft() {
        assertTrue(rig.service.reachesHosts());
        rig.hosts.forEach(host -> host.deaf = true);
        rig.service.dispatch(1, plan, rows, handle);
        rig.hosts.forEach(ScriptedHost::close);
        final boolean[] said = new boolean[1];
        rig.beforeHosts = () -> said[0] |= !rig.service.reachesHosts();
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(said[0]);
    }

    @Test
    void shouldTurnToOthersWhenAHostRefuses() {
        for (final ErrorCode code : new ErrorCode[]{ErrorCode.EXPERT_NOT_LOADED, ErrorCode.DRAINING,
            ErrorCode.WRONG_MODEL}) {
            final long before = failovers(Failover.Reason.REFUSED);
            rig.hosts.get(2).refuseDispatch = code;
            final long startNs = rig.nowNs;
            assertCompletes(0);
            assertTrue(rig.nowNs - startNs < RoutingRig.RESEND_AFTER_NS, "without a wait");
            assertEquals(before + 1, failovers(Failover.Reason.REFUSED));
            rig.hosts.get(2).refuseDispatch = ErrorCode.NONE;
            rig.hosts.get(2).close();
            rig.service.poll();
            rig.hosts.set(2, rig.bind(2));
            rig.pollUntil(() -> rig.counters.labelled("host", "host-2").value("moe_expert_host_up") == 1);
        }
    }

    @Test
    void shouldTakeWhoeverAnswersFirst() {
        final ScriptedHost slow = rig.hosts.get(1);
        slow.asleep = true;
        rig.service.dispatch(0, plan, rows, handle);
        for (final ScriptedHost host : rig.hosts) {
            host.asleep = true;
        }
        rig.pollUntil(() -> failovers(Failover.Reason.SILENT) > 0);
        // The slow one wakes up before those that were asked in its place.
        slow.asleep = false;
        rig.pollUntil(() -> taken() > 0);
        rig.hosts.forEach(host -> host.asleep = false);
        finish(0);
        rig.service.poll();
        assertEquals(plan.entries(), taken());
        assertTrue(rig.counters.value("routing_results_duplicate") + rig.counters.value("routing_answers_stale") > 0);
        assertEquals(0, rig.counters.value("routing_results_foreign"));
    }

    @Test
    void shouldFinishWithOneHostOfThreeWhereItHoldsEverything() {
        final RoutedModel model = RoutingRig.model(DType.F32, 16);
        try (RoutingRig all = new RoutingRig(model, RoutingRig.replicated(model, 3, 3), 4096).ready()) {
            all.hosts.get(0).deaf = true;
            all.hosts.get(2).deaf = true;
            final ExchangeHandle exchange = all.handle();
            final RoutingPlan wanted = all.randomPlan(random, ROWS);
            final RowBuffer inputs = all.randomRows(random);
            all.service.dispatch(0, wanted, inputs, exchange);
            assertEquals(ExchangeOutcome.COMPLETE, all.service.await(exchange));
            all.assertAnswered(0, wanted, inputs, exchange);
        }
    }

    @Test
    void shouldWaitForAHostToReturnWhenNobodyElseHoldsAnExpert() {
        rig.hosts.get(0).close();
        rig.hosts.get(1).close();
        rig.service.poll();
        rig.service.dispatch(0, plan, rows, handle);
        for (int i = 0; i < 500; i++) {
            rig.context.idleStrategy().idle(rig.service.poll());
        }
        assertTrue(taken() > 0 && taken() < plan.entries(), "host 2 answers what it holds");
        rig.hosts.set(1, rig.bind(1));
        finish(0);
        assertTrue(failovers(Failover.Reason.RETURNED) > 0);
    }

    @Test
    void shouldSayWhomItWaitedForWhenNobodyHoldsAnExpert() {
        rig.hosts.get(0).close();
        rig.hosts.get(1).close();
        rig.service.poll();
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(handle.failure().endsWith("is not connected; start it again or place its experts on another host."),
            handle.failure());
    }

    @Test
    void shouldKeepOtherExchangesApartWhenAHostFails() {
        final ExchangeHandle second = rig.handle();
        final RoutingPlan secondPlan = rig.randomPlan(random, ROWS / 2);
        rig.hosts.get(0).asleep = true;
        rig.service.dispatch(0, plan, rows, handle);
        rig.service.dispatch(1, secondPlan, rows, second);
        finish(0);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(second));
        rig.assertAnswered(1, secondPlan, rows, second);
        assertEquals(2, failovers(Failover.Reason.SILENT));
    }
}
