package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.codec.ErrorCode;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that do not answer: resends, deadlines, hosts that come back. */
@Timeout(20)
class SilenceTest {
    private final SplittableRandom random = new SplittableRandom(12);
    private RoutingRig rig;
    private ExchangeHandle handle;
    private RoutingPlan plan;
    private RowBuffer rows;

    @BeforeEach
    void open() {
        rig = new RoutingRig(RoutingRig.model(DType.BF16, 40), 2).ready();
        handle = rig.handle();
        plan = rig.randomPlan(random, 32);
        rows = rig.randomRows(random);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldAskAgainForExactlyWhatIsMissing() {
        final ScriptedHost host = rig.hosts.get(1);
        host.withheldResults = 5;
        final long startNs = rig.nowNs;
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
        final List<ScriptedHost.Asked> again = host.asked.stream().filter(asked -> asked.attempt() == 1).toList();
        assertEquals(5, again.size());
        for (int i = 0; i < 5; i++) {
            assertEquals(host.asked.get(i).row(), again.get(i).row());
            assertEquals(host.asked.get(i).slot(), again.get(i).slot());
        }
        assertTrue(rig.nowNs - startNs >= 4 * RoutingRig.RESEND_AFTER_NS);
        assertEquals(1, rig.counters.value("routing_resends"));
        assertEquals(0, rig.counters.value("routing_results_duplicate"));
        assertTrue(rig.hosts.get(0).asked.stream().allMatch(asked -> asked.attempt() == 0), "the other host is left");
    }

    @Test
    void shouldWaitTwiceAsLongBeforeEachResendUpToSixteenTimes() {
        rig.hosts.get(0).withheldResults = Integer.MAX_VALUE;
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        // After 40, 120 and 280 ms, then every 160 ms; the fourteenth would be at 2040 ms.
        assertEquals(13, rig.counters.value("routing_resends"));
    }

    @Test
    void shouldEndAtItsDeadlineAndSayWhoWasSilent() {
        rig.hosts.get(1).deaf = true;
        final long startNs = rig.nowNs;
        rig.service.dispatch(2, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(rig.nowNs - startNs - RoutingRig.DEADLINE_NS <= 2 * RoutingRig.IDLE_NS);
        final long missing = IntStream.range(0, plan.entries())
            .filter(entry -> rig.placement.host(2, plan.expert(entry), 0) == 1).count();
        assertEquals(missing + " expert results of layer 2 are missing: after 2000 ms expert host host-1 did not answer"
            + " though asked 14 times; look at its log and its load, or raise the exchange deadline.",
            handle.failure());
        assertEquals(1, rig.counters.value("routing_exchanges_timed_out"));
    }

    @Test
    void shouldDropAnswersToAnExchangeGivenUp() {
        final ScriptedHost late = rig.hosts.get(1);
        late.deaf = true;
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        late.deaf = false;
        final RoutingPlan next = rig.randomPlan(random, 32);
        rig.service.dispatch(0, next, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, next, rows, handle);
        assertTrue(rig.counters.value("routing_answers_stale") > 0);
    }

    @Test
    void shouldCountAnswersThatWereThereAlready() {
        final ScriptedHost host = rig.hosts.get(0);
        host.asleep = true;
        rig.service.dispatch(0, plan, rows, handle);
        rig.pollUntil(() -> rig.counters.value("routing_resends") == 2);
        host.asleep = false;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.service.poll();
        rig.assertAnswered(0, plan, rows, handle);
        assertEquals(64, rig.counters.value("routing_results_taken"));
        assertTrue(rig.counters.value("routing_results_duplicate") + rig.counters.value("routing_answers_stale") > 0);
    }

    @Test
    void shouldFinishWithAHostThatWasReplacedMeanwhile() {
        rig.hosts.get(0).withheldResults = Integer.MAX_VALUE;
        rig.service.dispatch(1, plan, rows, handle);
        rig.service.poll();
        rig.hosts.get(0).close();
        final ScriptedHost successor = rig.bind(0);
        successor.hostId = 2;
        rig.hosts.set(0, successor);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(1, plan, rows, handle);
        assertTrue(successor.hellos > 0, "greeted before it was sent rows");
        assertTrue(successor.asked.stream().allMatch(asked -> asked.attempt() == 1));
    }

    @Test
    void shouldSayThatAHostIsNotConnected() {
        rig.hosts.get(0).close();
        rig.service.dispatch(1, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertFalse(rig.service.isReady());
        assertTrue(handle.failure().endsWith("after 2000 ms expert host host-0 is not connected; start it again or"
            + " place its experts on another host."), handle.failure());
    }

    @Test
    void shouldTakeWhatADrainingHostStillAnswers() {
        final ScriptedHost host = rig.hosts.get(0);
        host.asleep = true;
        rig.service.dispatch(0, plan, rows, handle);
        rig.pollUntil(() -> rig.counters.value("routing_resends") == 1);
        // It took the first attempt and turns away the second.
        host.framesPerTurn = 1;
        host.asleep = false;
        host.doWork();
        host.refuseDispatch = ErrorCode.DRAINING;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
    }
}
