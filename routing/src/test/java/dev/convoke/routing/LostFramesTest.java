package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.Faults;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames that get lost on an otherwise healthy network: copies are sent as long as it loses them. */
@Timeout(60)
class LostFramesTest {
    private static final long EXPERT_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int ROWS = 4;
    /** Of the healthy pace, at least: without copies, less than a tenth is left. */
    private static final double KEPT = 0.5;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private Faults faults = Faults.NONE;
    private RoutingRig rig;
    private ExchangeHandle handle;
    private RowBuffer rows;

    @AfterEach
    void close() {
        System.out.println("LostFramesTest seed " + seed);
        rig.close();
    }

    private void open(final int hiddenSize, final double hedgeShare) {
        final RoutedModel model = RoutingRig.model(DType.BF16, hiddenSize);
        rig = new RoutingRig(model, RoutingRig.replicated(model, 3, 2), 64 * 1024, (exchange, clock) ->
            new FaultInjectingExchange(exchange, (direction, peer) -> faults, seed, clock, new Counters()),
            settings -> settings.resendAfterNs(SECOND_NS).leastResendAfterNs(LEAST_NS)
                .exchangeDeadlineNs(30 * SECOND_NS).hedgeShare(hedgeShare)).ready();
        rig.hosts.forEach(host -> host.nsPerExpert = EXPERT_NS);
        handle = rig.handle();
        rows = rig.randomRows(random);
        exchanges(200, ROWS);
        assertEquals(0, copies(), "nothing was lost");
    }

    /** Returns how long they took. */
    private long exchanges(final int count, final int rowCount) {
        final long startNs = rig.nowNs;
        for (int i = 0; i < count; i++) {
            final RoutingPlan plan = rig.randomPlan(random, rowCount);
            final long taken = rig.counters.value("routing_results_taken");
            rig.service.dispatch(1, plan, rows, handle);
            assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
            rig.assertAnswered(1, plan, rows, handle);
            rig.service.poll();
            assertEquals(taken + plan.entries(), rig.counters.value("routing_results_taken"));
        }
        return rig.nowNs - startNs;
    }

    private long copies() {
        return rig.counters.value("moe_frame_copies");
    }

    @Test
    void shouldSendCopiesWhileFramesGetLostAndNoneSomeTimeLater() {
        open(24, 0.1);
        final long healthyNs = exchanges(500, ROWS);
        faults = Faults.NONE.withLoss(0.05);
        exchanges(100, ROWS);
        final long hedges = rig.counters.value("moe_hedges");
        final long lossyNs = exchanges(500, ROWS);
        // In 600 runs 71 to 100 % were kept, 97 as a rule: a frame lost in all its copies is a matter of chance.
        assertTrue(lossyNs < healthyNs / KEPT, lossyNs + " ns instead of " + healthyNs);
        assertTrue(copies() > 500, copies() + " copies");
        assertTrue(rig.hosts.stream().allMatch(host -> host.copies > 100), "most of them came");
        assertTrue(rig.counters.value("routing_answers_repeated") > 500, "in answers, too");
        assertTrue(rig.counters.value("moe_hedges") - hedges < 30, "what copies cover needs no hedge");
        assertTrue(rig.counters.labelled("host", "host-0").value("moe_host_frame_loss_per_million") > 1000);
        faults = Faults.NONE;
        exchanges(2500, ROWS);
        final long before = copies();
        exchanges(100, ROWS);
        assertEquals(before, copies());
        assertTrue(rig.hosts.stream().allMatch(host -> host.answerCopies == 1));
    }

    @Test
    void shouldSendWhatIsLongOnceAllTheSame() {
        // What is hedged for is short again, and copied.
        open(1024, 0);
        faults = Faults.NONE.withLoss(0.05);
        exchanges(100, ROWS);
        final long before = copies();
        assertTrue(before > 0);
        faults = Faults.NONE;
        // Sixty-four rows of two thousand bytes, and twice as many answers.
        exchanges(20, RoutingRig.CAPACITY_ROWS);
        assertEquals(before, copies());
    }

    @Test
    void shouldNotTakeSlownessAndSilenceForLoss() {
        open(24, 0.1);
        rig.hosts.get(1).nsPerExpert = 10 * EXPERT_NS;
        exchanges(200, ROWS);
        rig.hosts.get(1).nsPerExpert = EXPERT_NS;
        rig.hosts.get(2).asleep = true;
        exchanges(200, ROWS);
        rig.hosts.get(2).asleep = false;
        exchanges(200, ROWS);
        assertEquals(0, copies());
    }
}
