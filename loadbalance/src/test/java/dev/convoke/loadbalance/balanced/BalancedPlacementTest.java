package dev.convoke.loadbalance.balanced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.CoActivation;
import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.MovePolicy;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementAlgorithmContract;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.RandomRequests;
import dev.convoke.loadbalance.eplb.EplbGlobalPlacement;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BalancedPlacementTest extends PlacementAlgorithmContract {
    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Override
    protected PlacementAlgorithm algorithm() {
        return new BalancedPlacement();
    }

    @Test
    void shouldNotLoadTheSlowestHostMoreThanEplbDoes() {
        for (int i = 0; i < 150; i++) {
            final int layers = 1 + random.nextInt(4);
            final int experts = 2 + random.nextInt(40);
            final int hosts = 2 + random.nextInt(12);
            final PlacementRequest request = new PlacementRequest(1, layers, experts, RandomRequests.hosts(random,
                layers * experts, hosts).stream().map(host -> HostCapacity.of(host.replicas())).toList())
                .withLoad(RandomRequests.load(random, layers, experts)).withReplicas(1, random.nextInt(experts));
            final double eplb = imbalance(new EplbGlobalPlacement().place(request), request);
            final double balanced = imbalance(algorithm().place(request), request);
            assertTrue(balanced <= eplb + 1e-9, request + ": " + balanced + " > " + eplb);
        }
    }

    @Test
    void shouldNearlyAlwaysFindTheBestPlacementOfASmallLayer() {
        final SplittableRandom loads = new SplittableRandom(1);
        int found = 0;
        for (int i = 0; i < 40; i++) {
            final ExpertLoad load = RandomRequests.load(loads, 1, 5);
            final PlacementRequest request = new PlacementRequest(1, 1, 5, HostCapacity.alike(3, HostCapacity.of(3)))
                .withLoad(load).withReplicas(1, 4);
            final double best = leastImbalance(load, new int[5], 0);
            final double balanced = imbalance(algorithm().place(request), request);
            assertTrue(balanced >= best - 1e-9 && balanced < best + 0.06, balanced + " where " + best + " can be");
            found += balanced < best + 1e-9 ? 1 : 0;
        }
        assertTrue(found >= 36, found + " of 40");
    }

    /** Of all placements on three hosts of three slots; a set of hosts for each expert, as bits. */
    private static double leastImbalance(final ExpertLoad load, final int[] hosts, final int expert) {
        double least = Double.POSITIVE_INFINITY;
        if (expert < hosts.length) {
            for (int set = 1; set < 8; set++) {
                hosts[expert] = set;
                least = Math.min(least, leastImbalance(load, hosts, expert + 1));
            }
            return least;
        }
        final double[] times = new double[3];
        for (int host = 0; host < 3; host++) {
            int held = 0;
            for (int other = 0; other < hosts.length; other++) {
                if ((hosts[other] >> host & 1) == 1) {
                    held++;
                    times[host] += load.tokens(0, other) / Integer.bitCount(hosts[other]);
                }
            }
            if (held != 3) {
                return Double.POSITIVE_INFINITY;
            }
        }
        return HostLoads.ofWork(new double[][]{times}).maxOverMean();
    }

    @Test
    void shouldGiveHostsWorkInProportionToTheirSpeed() {
        final List<HostCapacity> hosts = List.of(HostCapacity.of(60).withSpeed(4), HostCapacity.of(20).withSpeed(1),
            HostCapacity.of(60).withSpeed(2), HostCapacity.of(40).withSpeed(0.5));
        final PlacementRequest request = new PlacementRequest(1, 3, 32, hosts).withReplicas(1, 8)
            .withLoad(RandomRequests.load(new SplittableRandom(3), 3, 32));
        final double balanced = imbalance(algorithm().place(request), request);
        assertTrue(balanced < 1.02, "max/mean " + balanced);
        assertTrue(imbalance(new EplbGlobalPlacement().place(request), request) > 1.5);
    }

    @Test
    void shouldSpreadReplicasOverFailureDomains() {
        final List<HostCapacity> hosts = IntStream.range(0, 8)
            .mapToObj(host -> HostCapacity.of(30).in("rack-" + host % 3)).toList();
        for (int i = 0; i < 20; i++) {
            final PlacementRequest request = new PlacementRequest(1, 4, 16, hosts).withReplicas(2, 8)
                .withLoad(RandomRequests.load(random, 4, 16));
            final Placement placement = algorithm().place(request);
            for (int expert = 0; expert < 64; expert++) {
                final Set<Integer> racks = new HashSet<>();
                for (int replica = 0; replica < placement.replicas(expert / 16, expert % 16); replica++) {
                    racks.add(placement.host(expert / 16, expert % 16, replica) % 3);
                }
                assertEquals(Math.min(3, placement.replicas(expert / 16, expert % 16)), racks.size(), "seed " + seed);
            }
        }
    }

    @Test
    void shouldMoveNoMoreThanItMay() {
        for (int i = 0; i < 40; i++) {
            final PlacementRequest request = new PlacementRequest(1, 3, 12, RandomRequests.hosts(random, 36, 6))
                .withLoad(RandomRequests.load(random, 3, 12));
            final Placement current = new RoundRobinPlacement().place(request);
            final PlacementRequest again = request.withReplicas(1, 2).withCurrent(current, new MovePolicy(0, 5));
            final Placement next = algorithm().place(again);
            assertTrue(moves(current, next) <= 5, again + ": " + moves(current, next) + ", seed " + seed);
        }
    }

    @Test
    void shouldUseFewMovesWell() {
        final PlacementRequest request = new PlacementRequest(1, 4, 32, HostCapacity.alike(8, HostCapacity.of(20)))
            .withLoad(RandomRequests.load(new SplittableRandom(8), 4, 32));
        final Placement current = new RoundRobinPlacement().place(request);
        double before = imbalance(current, request);
        final double best = imbalance(algorithm().place(request.withReplicas(1, 4)), request);
        for (final int budget : new int[]{4, 8, 16, 32, 64}) {
            final double after = imbalance(algorithm().place(request.withReplicas(1, 4)
                .withCurrent(current, new MovePolicy(0, budget))), request);
            assertTrue(after < before, budget + " moves: " + after + " after " + before);
            before = after;
        }
        assertTrue(before < best + 0.05, before + " with 64 moves, " + best + " with any number");
    }

    @Test
    void shouldMoveOnlyWhatIsWorthIt() {
        final PlacementRequest request = new PlacementRequest(1, 4, 32, HostCapacity.alike(8, HostCapacity.of(20)))
            .withLoad(RandomRequests.load(new SplittableRandom(8), 4, 32)).withReplicas(1, 4);
        final Placement current = new RoundRobinPlacement().place(request);
        final Placement free = algorithm().place(request.withCurrent(current, MovePolicy.FREE));
        final Placement dear = algorithm().place(request.withCurrent(current, new MovePolicy(0.01, 1_000)));
        final Placement priceless = algorithm().place(request.withCurrent(current, new MovePolicy(100, 1_000)));
        assertEquals(0, moves(current, priceless));
        assertTrue(moves(current, dear) > 0);
        assertTrue(moves(current, dear) < moves(current, free) / 2, moves(current, dear) + " moves");
        assertTrue(imbalance(dear, request) + 0.01 * moves(current, dear) < imbalance(current, request));
    }

    @Test
    void shouldEmptyAHostThatIsDrained() {
        final PlacementRequest request = new PlacementRequest(1, 3, 12, 4).withReplicas(2, 2)
            .withLoad(RandomRequests.load(new SplittableRandom(4), 3, 12));
        final Placement current = algorithm().place(request);
        final List<HostCapacity> drained = new ArrayList<>(request.capacities());
        drained.set(2, HostCapacity.of(0));
        final Placement next = algorithm().place(new PlacementRequest(2, 3, 12, drained).withReplicas(2, 2)
            .withLoad(request.load()).withCurrent(current, new MovePolicy(0, 0)));
        for (int expert = 0; expert < 36; expert++) {
            assertTrue(next.replicas(expert / 12, expert % 12) >= 2);
            assertFalse(next.holds(2, expert / 12, expert % 12));
        }
    }

    @Test
    void shouldPlaceExpertsTogetherThatAreChosenTogether() {
        final CoActivation.Builder pairs = CoActivation.builder(2, 16);
        for (int i = 0; i < 4_000; i++) {
            final int first = random.nextInt(16);
            pairs.addRow(i % 2, first, random.nextInt(10) == 0 ? (first + 1 + random.nextInt(15)) % 16 : first ^ 1);
        }
        final CoActivation together = pairs.build();
        final PlacementRequest request = new PlacementRequest(1, 2, 16, HostCapacity.alike(4, HostCapacity.of(8)));
        final Placement indifferent = algorithm().place(request.withCoActivation(together, 0));
        final Placement caring = algorithm().place(request.withCoActivation(together, 0.2));
        assertTrue(apart(together, caring) < 0.2, "apart " + apart(together, caring) + ", seed " + seed);
        assertTrue(apart(together, indifferent) > 0.5, "apart " + apart(together, indifferent) + ", seed " + seed);
        assertEquals(1, imbalance(caring, request), 0.01);
    }

    @Test
    void shouldReadFewerExpertsWhenActiveOnesCount() {
        final double[][] tokens = new double[2][32];
        for (final double[] layer : tokens) {
            for (int expert = 0; expert < 32; expert++) {
                layer[expert] = 1_000 / (1.0 + expert);
            }
        }
        final ExpertLoad load = ExpertLoad.ofTokens(tokens).withEstimatedActivity(16, 4);
        final PlacementRequest request = new PlacementRequest(1, 2, 32, 4).withLoad(load);
        final double byTokens = active(algorithm().place(request), load);
        final double byActivity = active(algorithm().place(request.withObjective(LoadObjective.ACTIVE_EXPERTS)), load);
        assertTrue(byActivity < byTokens - 1, byActivity + " active experts, " + byTokens + " when tokens count");
    }

    private static double active(final Placement placement, final ExpertLoad load) {
        return HostLoads.of(placement, load, LoadObjective.ACTIVE_EXPERTS).meanLargest();
    }

    private static double imbalance(final Placement placement, final PlacementRequest request) {
        return HostLoads.of(placement, request.load(), request.objective(), request.capacities()).maxOverMean();
    }

    private static int moves(final Placement before, final Placement after) {
        int moves = 0;
        for (int layer = 0; layer < after.layers(); layer++) {
            for (int expert = 0; expert < after.experts(); expert++) {
                for (int replica = 0; replica < after.replicas(layer, expert); replica++) {
                    moves += before.holds(after.host(layer, expert, replica), layer, expert) ? 0 : 1;
                }
            }
        }
        return moves;
    }

    private static double apart(final CoActivation pairs, final Placement placement) {
        double all = 0;
        double apart = 0;
        for (int layer = 0; layer < pairs.layers(); layer++) {
            for (int first = 0; first < pairs.experts(); first++) {
                for (int second = 0; second < first; second++) {
                    final double rows = pairs.rows(layer, first, second);
                    all += rows;
                    apart += placement.host(layer, first, 0) == placement.host(layer, second, 0) ? 0 : rows;
                }
            }
        }
        return apart / all;
    }
}
