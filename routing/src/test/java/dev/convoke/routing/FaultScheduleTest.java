package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.agrona.concurrent.NanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random schedules of lost, repeated, late, overtaking, cut and damaged frames, of refused offers and of hosts cut off
 * for a while, on a simulated clock. A failing schedule prints its seed; {@code -Dconvoke.seed} repeats from there.
 */
@Timeout(60)
class FaultScheduleTest {
    private static final int SCHEDULES = 200;
    private static final int EXCHANGES = 3;

    private final long firstSeed = Long.getLong("convoke.seed", System.nanoTime());
    private int completed;
    private int timedOut;

    @Test
    void shouldDeliverEveryRowOnceAndRightOrSayThatItDidNot() {
        System.out.println("seed " + firstSeed);
        for (int i = 0; i < SCHEDULES; i++) {
            final long seed = firstSeed + i;
            final SplittableRandom random = new SplittableRandom(seed);
            final Faults faults = randomFaults(random);
            try (RoutingRig rig = rig(random, clock -> randomPlan(random, faults, clock), seed)) {
                runSchedule(rig, random);
            } catch (final AssertionError e) {
                throw new AssertionError("seed " + seed + " with " + faults, e);
            }
        }
        System.out.println(completed + " exchanges completed, " + timedOut + " timed out");
        assertTrue(completed > SCHEDULES * EXCHANGES / 2, completed + " completed");
    }

    @Test
    void shouldEndAndRecoverWhenBytesAreDamaged() {
        System.out.println("seed " + firstSeed);
        for (int i = 0; i < SCHEDULES / 4; i++) {
            final long seed = firstSeed + i;
            final SplittableRandom random = new SplittableRandom(seed);
            final Faults[] inForce = {randomFaults(random).withCorruption(0.3)};
            try (RoutingRig rig = rig(random, clock -> (direction, peer) -> inForce[0], seed)) {
                rig.hosts.forEach(host -> host.mayBeDamaged = true);
                final ExchangeHandle handle = rig.handle();
                rig.service.dispatch(0, rig.randomPlan(random, 16), rig.randomRows(random), handle);
                rig.service.await(handle);
                assertFramesAddUp(rig);
                inForce[0] = Faults.NONE;
                rig.ready();
                final RoutingPlan plan = rig.randomPlan(random, 16);
                final RowBuffer rows = rig.randomRows(random);
                rig.service.dispatch(1, plan, rows, handle);
                assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
                rig.assertAnswered(1, plan, rows, handle);
            } catch (final AssertionError e) {
                throw new AssertionError("seed " + seed + " with " + inForce[0], e);
            }
        }
    }

    private void runSchedule(final RoutingRig rig, final SplittableRandom random) {
        final ExchangeHandle handle = rig.handle();
        long taken = 0;
        for (int exchange = 0; exchange < EXCHANGES; exchange++) {
            final RoutingPlan plan = rig.randomPlan(random, random.nextInt(RoutingRig.CAPACITY_ROWS + 1));
            final RowBuffer rows = rig.randomRows(random);
            final int layer = random.nextInt(rig.model.layers());
            final long startNs = rig.nowNs;
            rig.service.dispatch(layer, plan, rows, handle);
            final ExchangeOutcome outcome = rig.service.await(handle);
            assertTrue(rig.nowNs - startNs <= RoutingRig.DEADLINE_NS + 2 * RoutingRig.IDLE_NS);
            if (outcome == ExchangeOutcome.COMPLETE) {
                completed++;
                rig.assertAnswered(layer, plan, rows, handle);
                taken += plan.entries();
            } else {
                timedOut++;
                assertEquals(ExchangeOutcome.TIMED_OUT, outcome);
                assertFalse(handle.failure().isEmpty());
                for (int entry = 0; entry < plan.entries(); entry++) {
                    taken += handle.isReceived(entry) ? 1 : 0;
                }
            }
            assertEquals(taken, rig.counters.value("routing_results_taken"));
        }
        assertEquals(0, rig.counters.value("routing_results_foreign"));
        assertEquals(0, rig.counters.value("routing_answers_foreign"));
        assertFramesAddUp(rig);
    }

    /** Every frame that reached the decoder was counted as exactly one thing. */
    private static void assertFramesAddUp(final RoutingRig rig) {
        long counted = 0;
        for (final String name : new String[]{"answers", "answers_repeated", "answers_stale", "answers_foreign",
            "frames_malformed", "frames_wrong_version", "frames_unexpected", "welcomes", "refusals"}) {
            counted += rig.counters.value("routing_" + name);
        }
        assertEquals(rig.port.framesDelivered, counted);
    }

    /** Some hosts are spared, and every other schedule cuts hosts off in turn for a while. */
    private static FaultPlan randomPlan(final SplittableRandom random, final Faults faults, final NanoClock clock) {
        final int spared = random.nextInt(8);
        final long cutNs = TimeUnit.MILLISECONDS.toNanos(random.nextInt(1, 200));
        final boolean cuts = random.nextBoolean();
        final Faults cut = faults.withDisconnected(true);
        return (direction, peer) -> {
            if (cuts && clock.nanoTime() / cutNs % 8 == peer) {
                return cut;
            }
            return peer == spared ? Faults.NONE : faults;
        };
    }

    private static Faults randomFaults(final SplittableRandom random) {
        return Faults.NONE.withLoss(random.nextDouble() * 0.3).withDuplication(random.nextDouble() * 0.3)
            .withTruncation(random.nextDouble() * 0.1)
            .withDelay(random.nextDouble() * 0.5, TimeUnit.MILLISECONDS.toNanos(random.nextInt(1, 40)))
            .withRefusal(random.nextDouble() * 0.3, TimeUnit.MICROSECONDS.toNanos(random.nextInt(1, 3000)));
    }

    private static RoutingRig rig(final SplittableRandom random, final Function<NanoClock, FaultPlan> plan,
        final long seed) {
        final RoutedModel model = RoutingRig.model(random.nextBoolean() ? DType.F32 : DType.BF16,
            8 + random.nextInt(200));
        final Placement placement = new RoundRobinPlacement().place(
            new PlacementRequest(1, model.layers(), model.experts(), 1 + random.nextInt(4)));
        return new RoutingRig(model, placement, 4096, (exchange, clock) ->
            new FaultInjectingExchange(exchange, plan.apply(clock), seed, clock, new Counters()));
    }
}
