package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.faults.Distribution;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.faults.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random schedules of hosts that die, hang, return, slow down and refuse behind a network that loses, repeats, delays,
 * reorders and cuts frames, on a simulated clock: no row is lost or counted twice, every byte is the one of an
 * undisturbed run, and everything ends. A failing schedule prints its seed; {@code -Dconvoke.seed} repeats from there.
 */
@Timeout(600)
class FailoverScheduleTest {
    private static final int SCHEDULES = Integer.getInteger("convoke.test.schedules", 1000);
    private static final int EXCHANGES = 10;
    private static final int MANY_EXCHANGES = 300;
    private static final int MOST_SETS = 10;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LEAST_NS = 4 * MS;
    /** Nearly all turns are idle; with longer ones far fewer are simulated, and the same happens. */
    private static final long LONGEST_IDLE_NS = MS;
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(3);

    private final long firstSeed = Long.getLong("convoke.seed", System.nanoTime());
    private long failovers;
    private long hedges;
    private long resends;
    private long duplicates;
    private long copies;
    private long repeated;
    private long counted;
    private int failed;

    @Test
    void shouldCompleteEveryExchangeWhileAReplicaOfEachExpertLives() {
        run(firstSeed, SCHEDULES - SCHEDULES / 8, EXCHANGES, true);
        assertEquals(0, failed);
        assertTrue(failovers > SCHEDULES && resends > 0 && duplicates > 0 && copies > SCHEDULES
            && repeated > SCHEDULES, "something happened");
    }

    @Test
    void shouldCompleteEveryExchangeOnceHostsAreKnownWellEnoughToBeHedged() {
        // In some sets of schedules no host happens to be late and yet alive.
        for (int set = 0; set < MOST_SETS && hedges <= SCHEDULES / 100; set++) {
            run(firstSeed + set * SCHEDULES, SCHEDULES / 100, MANY_EXCHANGES, true);
        }
        assertEquals(0, failed);
        assertTrue(failovers > SCHEDULES / 100 && hedges > SCHEDULES / 100, "something happened");
    }

    @Test
    void shouldEndEveryExchangeAndRecoverWhateverHappens() {
        run(firstSeed, SCHEDULES / 8, EXCHANGES, false);
    }

    private void run(final long first, final int schedules, final int count, final boolean oneLives) {
        System.out.println("seed " + firstSeed);
        for (int i = 0; i < schedules; i++) {
            final long seed = first + i;
            final SplittableRandom random = new SplittableRandom(seed);
            final Faults[] faults = {randomFaults(random, oneLives ? 0.5 : 1)};
            final Faults told = faults[0];
            try (RoutingRig rig = rig(random, (direction, peer) -> faults[0], seed)) {
                final HostTroubles troubles = new HostTroubles(rig, random.split(), oneLives ? 1 : rig.hosts.size());
                rig.beforeHosts = troubles;
                // Hedges are decided within less than that.
                rig.longestIdleNs = count == EXCHANGES ? LONGEST_IDLE_NS : RoutingRig.IDLE_NS;
                counted = 0;
                try {
                    exchanges(rig, random, count, oneLives);
                    troubles.end();
                    faults[0] = Faults.NONE;
                    rig.ready();
                    exchanges(rig, random, EXCHANGES, true);
                } catch (final AssertionError e) {
                    throw new AssertionError("seed " + seed + " with " + told + "\n" + troubles, e);
                }
                addUp(rig);
            }
        }
        System.out.println(schedules + " schedules: " + failovers + " failovers, " + hedges + " hedges, " + resends
            + " resends, " + duplicates + " duplicates, " + copies + " copies sent, " + repeated
            + " answers repeated, " + failed + " exchanges failed");
    }

    private void addUp(final RoutingRig rig) {
        for (final Failover.Reason reason : Failover.Reason.values()) {
            failovers += rig.counters.labelled("reason", reason.name().toLowerCase(Locale.ROOT))
                .value("moe_failover");
        }
        hedges += rig.counters.value("moe_hedges");
        resends += rig.counters.value("routing_resends");
        duplicates += rig.counters.value("routing_results_duplicate");
        copies += rig.counters.value("moe_frame_copies");
        repeated += rig.counters.value("routing_answers_repeated");
    }

    /** Some overlap, as those of micro-batches do. */
    private void exchanges(final RoutingRig rig, final SplittableRandom random, final int count,
        final boolean mustComplete) {
        final ExchangeHandle[] handles = {rig.handle(), rig.handle()};
        final List<Running> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final RoutingPlan plan = rig.randomPlan(random, random.nextInt(1, 24));
            final RowBuffer rows = rig.randomRows(random);
            final int layer = random.nextInt(rig.model.layers());
            final ExchangeHandle handle = running.isEmpty() || running.getFirst().handle == handles[1] ? handles[0]
                : handles[1];
            running.add(new Running(layer, plan, rows, handle, rig.nowNs));
            rig.service.dispatch(layer, plan, rows, handle);
            while (running.size() > random.nextInt(2)) {
                finish(rig, running.removeFirst(), mustComplete);
            }
        }
        while (!running.isEmpty()) {
            finish(rig, running.removeFirst(), mustComplete);
        }
        assertEquals(counted, rig.counters.value("routing_results_taken"), "each row was counted once");
        assertEquals(0, rig.counters.value("routing_results_foreign"));
    }

    private record Running(int layer, RoutingPlan plan, RowBuffer rows, ExchangeHandle handle, long startNs) {
    }

    private void finish(final RoutingRig rig, final Running exchange, final boolean mustComplete) {
        final ExchangeOutcome outcome = rig.service.await(exchange.handle);
        assertTrue(rig.nowNs - exchange.startNs <= DEADLINE_NS + 2 * LONGEST_IDLE_NS, "it ended");
        if (outcome == ExchangeOutcome.COMPLETE) {
            rig.assertAnswered(exchange.layer, exchange.plan, exchange.rows, exchange.handle);
        } else {
            failed++;
            assertFalse(mustComplete, exchange.handle::failure);
            assertFalse(exchange.handle.failure().isEmpty());
        }
        for (int entry = 0; entry < exchange.plan.entries(); entry++) {
            final boolean received = exchange.handle.isReceived(entry);
            assertTrue(received || outcome != ExchangeOutcome.COMPLETE, "a row was lost");
            counted += received ? 1 : 0;
        }
        rig.service.poll();
    }

    private static Faults randomFaults(final SplittableRandom random, final double severity) {
        final Faults faults = Faults.NONE.withLoss(severity * random.nextDouble() * 0.2)
            .withDuplication(severity * random.nextDouble() * 0.3).withTruncation(severity * random.nextDouble() * 0.05)
            .withDelay(severity * random.nextDouble() * 0.5, random.nextLong(MS / 10, 12 * MS))
            .withRefusal(severity * random.nextDouble() * 0.2, random.nextLong(MS / 100, 2 * MS));
        return random.nextBoolean() ? faults : faults.withNetwork(Network.NONE.withDelay(random.nextLong(MS))
            .withJitter(random.nextLong(MS), Distribution.UNIFORM)
            .withSpikes(random.nextDouble() * 0.02, 50 * MS));
    }

    private static RoutingRig rig(final SplittableRandom random, final FaultPlan plan, final long seed) {
        final RoutedModel model = RoutingRig.model(random.nextBoolean() ? DType.F32 : DType.BF16,
            8 + random.nextInt(60));
        final int hosts = 2 + random.nextInt(4);
        final Placement placement = RoutingRig.replicated(model, hosts, Math.min(hosts, 2 + random.nextInt(2)));
        return new RoutingRig(model, placement, 4096, (exchange, clock) ->
            new FaultInjectingExchange(exchange, plan, seed, clock, new Counters()),
            settings -> settings.resendAfterNs(20 * MS).leastResendAfterNs(LEAST_NS).exchangeDeadlineNs(DEADLINE_NS)
                .hedgeShare(0.2)).ready();
    }
}
