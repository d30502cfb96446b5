package dev.convoke.loadbalance.rebalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.balanced.BalancedPlacement;
import dev.convoke.loadbalance.rebalance.RebalanceDecision.Verdict;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Days of simulated load, on a clock of its own; {@code -Dconvoke.seed} repeats one. */
class RebalanceControllerTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long TICK = 5 * SECOND;
    private static final long HALF_LIFE = 60 * SECOND;
    private static final long PATIENCE = 60 * SECOND;
    private static final long PAUSE = 300 * SECOND;
    private static final double THRESHOLD = 1.2;
    private static final double LEAST_GAIN = 0.05;
    private static final double COST_OF_ALL = 0.5;
    private static final int CASES = 12;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @BeforeEach
    void printSeed() {
        System.out.println("RebalanceControllerTest seed " + seed);
    }

    private static RebalancePolicy policy(final double mostMoves) {
        return new RebalancePolicy(THRESHOLD, PATIENCE, LEAST_GAIN, COST_OF_ALL, mostMoves, PAUSE, 1_000);
    }

    /** A deployment under two loads, of which one or the other is there. */
    private final class Simulation {
        private final int layers = 1 + random.nextInt(3);
        private final int experts = 8 * (1 + random.nextInt(3));
        private final int hosts = 2 + random.nextInt(4);
        private final double[][][] shares = {shares(), shares()};
        private final RebalanceController controller;
        private final LoadAverage average = new LoadAverage(layers, experts, HALF_LIFE, 0);
        private final List<Long> proposals = new ArrayList<>();
        private final List<Integer> moves = new ArrayList<>();
        private Placement placement = new RoundRobinPlacement().place(new PlacementRequest(1, layers, experts, hosts));
        private RebalanceState state = RebalanceState.INITIAL;
        private long nowNs;

        Simulation(final RebalancePolicy policy) {
            controller = new RebalanceController(policy, new BalancedPlacement());
        }

        private double[][] shares() {
            final double[][] result = new double[layers][experts];
            for (final double[] layer : result) {
                for (int expert = 0; expert < experts; expert++) {
                    layer[expert] = StrictMath.pow(1 + random.nextInt(experts), -1.2);
                }
            }
            return result;
        }

        private PlacementRequest request() {
            final int memory = 2 * layers * experts / hosts;
            return new PlacementRequest(placement.epoch() + 1, layers, experts,
                HostCapacity.alike(hosts, HostCapacity.of(memory))).withLoad(average.load());
        }

        /** As many ticks, in each of which one load or the other is there. */
        void run(final int ticks, final IntPredicate isSecond) {
            for (int tick = 0; tick < ticks; tick++) {
                nowNs += TICK;
                average.add(nowNs, drawn(shares[isSecond.test(tick) ? 1 : 0]), new long[layers][experts], 1);
                final RebalanceDecision decision = controller.decide(state, nowNs, average.choices(), request(),
                    placement);
                assertEquals(decision, controller.decide(state, nowNs, average.choices(), request(), placement));
                state = decision.next();
                decision.proposal().ifPresent(next -> take(decision, next));
            }
        }

        private void take(final RebalanceDecision decision, final Placement next) {
            assertTrue(decision.imbalance() > THRESHOLD, decision::toString);
            assertTrue(decision.imbalance() - decision.planned() >= LEAST_GAIN, decision::toString);
            placement = next;
            proposals.add(nowNs);
            moves.add(decision.moves());
        }

        private long[][] drawn(final double[][] of) {
            final long[][] tokens = new long[layers][experts];
            for (int layer = 0; layer < layers; layer++) {
                for (int expert = 0; expert < experts; expert++) {
                    final double mean = 2_000 * of[layer][expert];
                    tokens[layer][expert] = Math.round(Math.max(0, mean + Math.sqrt(mean) * random.nextGaussian()));
                }
            }
            return tokens;
        }

        double imbalance() {
            return RebalanceController.imbalance(placement, request());
        }

        double best() {
            return RebalanceController.imbalance(new BalancedPlacement().place(request()), request());
        }
    }

    @Test
    void shouldNotMoveTwiceUnderASteadyLoad() {
        int moved = 0;
        for (int i = 0; i < CASES; i++) {
            final Simulation simulation = new Simulation(policy(1));
            simulation.run(2_000, _ -> false);
            assertTrue(simulation.proposals.size() <= 1, simulation.proposals + ", seed " + seed);
            moved += simulation.proposals.size();
        }
        assertTrue(moved > 0, "no case was uneven, seed " + seed);
    }

    @Test
    void shouldNotFollowALoadThatComesAndGoes() {
        for (int i = 0; i < CASES; i++) {
            final Simulation simulation = new Simulation(policy(1));
            final int period = 1 + random.nextInt((int)(HALF_LIFE / TICK / 2));
            simulation.run(2_000, tick -> tick / period % 2 == 1);
            assertTrue(simulation.proposals.size() <= 2, "period " + period + ": " + simulation.proposals + ", seed "
                + seed);
        }
    }

    @Test
    void shouldFollowALoadThatKeepsChangingEverMoreSlowly() {
        for (int i = 0; i < CASES; i++) {
            final Simulation simulation = new Simulation(policy(1));
            final int period = (int)((1 + random.nextInt(4)) * HALF_LIFE / TICK);
            final int pauses = 150;
            simulation.run((int)(pauses * PAUSE / TICK), tick -> tick / period % 2 == 1);
            for (int j = 1; j < simulation.proposals.size(); j++) {
                assertTrue(simulation.proposals.get(j) - simulation.proposals.get(j - 1) >= PAUSE);
            }
            assertTrue(simulation.proposals.size() <= 5 + pauses / 16, "period " + period + ": "
                + simulation.proposals.size() + ", seed " + seed);
        }
    }

    @Test
    void shouldFollowALoadThatHasChangedForGood() {
        int followed = 0;
        for (int i = 0; i < CASES; i++) {
            final Simulation simulation = new Simulation(policy(1));
            simulation.run(500, _ -> false);
            final int before = simulation.proposals.size();
            simulation.run((int)((10 * HALF_LIFE + 4 * PAUSE) / TICK), _ -> true);
            followed += simulation.proposals.size() - before;
            assertTrue(simulation.proposals.size() - before <= 2, simulation.proposals + ", seed " + seed);
            assertTrue(simulation.imbalance() <= Math.max(THRESHOLD + 0.02,
                simulation.best() + LEAST_GAIN + COST_OF_ALL), simulation.imbalance() + " where " + simulation.best()
                + " can be, " + simulation.proposals + ", seed " + seed);
        }
        assertTrue(followed > 0, "no case had to be followed, seed " + seed);
    }

    @Test
    void shouldMoveNoMoreAtATimeThanItMay() {
        for (int i = 0; i < CASES; i++) {
            final Simulation simulation = new Simulation(policy(0.1));
            simulation.run(2_000, _ -> false);
            final int most = simulation.layers * simulation.experts / 10;
            assertTrue(simulation.moves.stream().allMatch(moves -> moves <= Math.max(1, most)),
                simulation.moves + " of " + most + ", seed " + seed);
            final int proposals = simulation.proposals.size();
            simulation.run(1_000, _ -> false);
            assertEquals(proposals, simulation.proposals.size(), "seed " + seed);
        }
    }

    @Test
    void shouldWaitAndRestAndSaySo() {
        final RebalanceController controller = new RebalanceController(policy(1), new BalancedPlacement());
        final PlacementRequest request = new PlacementRequest(2, 1, 4, HostCapacity.alike(2, HostCapacity.of(4)))
            .withLoad(ExpertLoad.ofTokens(new double[][]{{6, 6, 1, 1}}));
        final Placement uneven = new Placement(1, 1, 4, 2, new int[][]{{0}, {0}, {1}, {1}});
        final RebalanceDecision little = controller.decide(RebalanceState.INITIAL, 0, 999, request, uneven);
        assertEquals(Verdict.TOO_LITTLE_LOAD, little.verdict());
        final RebalanceDecision first = controller.decide(little.next(), 0, 1_000, request, uneven);
        assertEquals(Verdict.WAITING, first.verdict());
        assertEquals(12 / 7.0, first.imbalance(), 1e-12);
        final RebalanceDecision soon = controller.decide(first.next(), PATIENCE - 1, 1_000, request, uneven);
        assertEquals(Verdict.WAITING, soon.verdict());
        final RebalanceDecision proposed = controller.decide(soon.next(), PATIENCE, 1_000, request, uneven);
        assertEquals(Verdict.PROPOSED, proposed.verdict());
        assertEquals(1, proposed.planned(), 1e-12);
        assertEquals(2, proposed.moves());
        final RebalanceDecision resting = controller.decide(proposed.next(), PATIENCE + PAUSE - 1, 1_000, request,
            uneven);
        assertEquals(Verdict.RESTING, resting.verdict());
        assertEquals(Verdict.BALANCED, controller.decide(resting.next(), 0, 1_000, request,
            proposed.proposal().orElseThrow()).verdict());
    }

    @Test
    void shouldNotMoveWhatCannotBeMended() {
        final RebalanceController controller = new RebalanceController(policy(1), new BalancedPlacement());
        final PlacementRequest request = new PlacementRequest(2, 1, 2, HostCapacity.alike(2, HostCapacity.of(1)))
            .withLoad(ExpertLoad.ofTokens(new double[][]{{9, 1}}));
        final Placement current = new Placement(1, 1, 2, 2, new int[][]{{0}, {1}});
        final RebalanceState above = controller.decide(RebalanceState.INITIAL, 0, 1_000, request, current).next();
        final RebalanceDecision decision = controller.decide(above, PATIENCE, 1_000, request, current);
        assertEquals(Verdict.NOT_WORTH_IT, decision.verdict());
        assertTrue(decision.proposal().isEmpty());
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertEquals("Rebalancing above an imbalance of 1.0 makes no sense; 1 is perfect, so give more than 1.",
            assertThrows(ConfigurationException.class,
                () -> new RebalancePolicy(1, 0, 0.1, 0, 1, 1, 0)).getMessage());
        assertThrows(ConfigurationException.class, () -> new RebalancePolicy(1.2, 0, 0, 0, 1, 1, 0));
        assertThrows(ConfigurationException.class, () -> new RebalancePolicy(1.2, 0, 0.1, 0, 1.5, 1, 0));
        assertThrows(ConfigurationException.class, () -> new RebalancePolicy(1.2, 0, 0.1, 0, 1, 0, 0));
    }
}
