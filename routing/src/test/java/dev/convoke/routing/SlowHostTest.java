package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that fail, slow down and recover over many exchanges: how much they are given, and how long it takes. */
@Timeout(60)
class SlowHostTest {
    private static final int ROWS = 4;
    private static final long EXPERT_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final SplittableRandom random = new SplittableRandom(31);
    private RoutingRig rig;
    private ExchangeHandle handle;
    private RowBuffer rows;

    @BeforeEach
    void open() {
        final RoutedModel model = RoutingRig.model(DType.BF16, 24);
        rig = new RoutingRig(model, RoutingRig.replicated(model, 3, 2), 4096, (exchange, clock) -> exchange,
            settings -> settings.resendAfterNs(SECOND_NS).leastResendAfterNs(LEAST_NS).exchangeDeadlineNs(SECOND_NS
                * 30)).ready();
        rig.hosts.forEach(host -> host.nsPerExpert = EXPERT_NS);
        handle = rig.handle();
        rows = rig.randomRows(random);
        exchanges(100);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** Returns the longest. */
    private long exchanges(final int count) {
        long longestNs = 0;
        for (int i = 0; i < count; i++) {
            longestNs = Math.max(longestNs, exchange());
        }
        return longestNs;
    }

    private long exchange() {
        final RoutingPlan plan = rig.randomPlan(random, ROWS);
        final long startNs = rig.nowNs;
        rig.service.dispatch(1, plan, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(1, plan, rows, handle);
        rig.service.poll();
        return rig.nowNs - startNs;
    }

    private int asked(final int host) {
        final int asked = rig.hosts.get(host).asked.size();
        rig.hosts.get(host).asked.clear();
        return asked;
    }

    private long breaker(final int host) {
        return rig.counters.labelled("host", "host-" + host).value("moe_host_breaker");
    }

    @Test
    void shouldDivideTheWorkEvenlyAmongHostsAlike() {
        for (int host = 0; host < 3; host++) {
            asked(host);
        }
        exchanges(200);
        for (int host = 0; host < 3; host++) {
            final int asked = asked(host);
            assertTrue(asked > 200 * ROWS * 2 / 3 / 2, "host " + host + " was asked for " + asked);
        }
        assertEquals(0, rig.counters.value("routing_resends"));
    }

    @Test
    void shouldWaitOnceForAHostThatFallsSilent() {
        rig.hosts.get(2).asleep = true;
        final long firstNs = exchanges(20);
        assertTrue(firstNs < 2 * LEAST_NS, firstNs + " ns");
        asked(2);
        rig.hosts.get(2).asked.clear();
        final long laterNs = exchanges(500);
        assertTrue(laterNs < 12 * EXPERT_NS, laterNs + " ns: without the host nobody waits");
        assertEquals(2, breaker(2));
    }

    @Test
    void shouldTurnAwayFromAHostThatIsLateAndSilentBeforeItCountsAsFailed() {
        exchanges(200);
        final long hedges = rig.counters.value("moe_hedges");
        rig.hosts.get(2).asleep = true;
        assertTrue(exchanges(50) < LEAST_NS, "hedges cover for it");
        assertEquals(hedges + 1, rig.counters.value("moe_hedges"), "once, and then it is not asked");
        assertEquals(2, breaker(2));
        assertEquals(1, rig.counters.labelled("reason", "silent").value("moe_failover"), "it counts all the same");
    }

    @Test
    void shouldGoOnAskingAHostThatMissedOneFrame() {
        exchanges(200);
        rig.hosts.get(2).withheldResults = Integer.MAX_VALUE;
        exchange();
        rig.hosts.get(2).withheldResults = 0;
        // What it missed counts as work under way until it is overdue.
        exchanges(40);
        asked(2);
        exchanges(20);
        assertTrue(asked(2) > 20, "it has its share again");
        assertEquals(0, breaker(2));
        assertEquals(0, rig.counters.labelled("reason", "silent").value("moe_failover"));
    }

    @Test
    void shouldLetASilentHostBackByItself() {
        rig.hosts.get(2).asleep = true;
        exchanges(500);
        rig.hosts.get(2).asleep = false;
        final long backNs = rig.nowNs;
        while (breaker(2) != 0) {
            exchange();
            assertTrue(rig.nowNs - backNs < 3 * SECOND_NS, "not back after 3 s");
        }
        asked(2);
        exchanges(100);
        assertTrue(asked(2) > 100, "it has its share again");
    }

    @Test
    void shouldGiveLittleToAHostTenTimesSlowerAndNoticeWhenItRecovers() {
        rig.hosts.get(1).nsPerExpert = 10 * EXPERT_NS;
        exchanges(100);
        asked(1);
        final long startNs = rig.nowNs;
        final long longestNs = exchanges(300);
        final long tookNs = rig.nowNs - startNs;
        final int given = asked(1);
        assertTrue(given < 300 * ROWS * 2 / 20, given + " of " + 300 * ROWS * 2);
        assertTrue(longestNs < 20 * EXPERT_NS, longestNs + " ns");
        // Six or so active experts on two hosts of three.
        assertTrue(tookNs < 300 * 6 * EXPERT_NS, tookNs + " ns");
        rig.hosts.get(1).nsPerExpert = EXPERT_NS;
        final long recoveredNs = rig.nowNs;
        do {
            asked(1);
            exchanges(50);
            assertTrue(rig.nowNs - recoveredNs < 5 * SECOND_NS, "no load after 5 s");
        } while (asked(1) < 50 * ROWS * 2 / 6);
    }

    @Test
    void shouldHedgeWhatIsLateButNotMoreThanTheBudget() {
        exchanges(200);
        final long before = rig.counters.value("moe_hedges");
        assertEquals(0, before, "all answer alike");
        // Now and then one host pauses for less than its failure would take to be noticed.
        long longestNs = 0;
        for (int i = 0; i < 20; i++) {
            exchanges(20);
            rig.hosts.get(i % 3).asleep = true;
            longestNs = Math.max(longestNs, exchange());
            rig.hosts.get(i % 3).asleep = false;
        }
        assertTrue(longestNs < LEAST_NS, longestNs + " ns: others answered first");
        assertTrue(rig.counters.value("moe_hedges") > 10, rig.counters.value("moe_hedges") + " hedges");
        assertTrue(rig.counters.value("moe_hedges") <= 8 + rig.counters.value("routing_frames_sent") / 10);
    }
}
