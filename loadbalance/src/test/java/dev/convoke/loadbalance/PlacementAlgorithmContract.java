package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.NamedServices;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every placement algorithm keeps. Random cases print their seed; {@code -Dconvoke.seed} repeats one. */
public abstract class PlacementAlgorithmContract {
    private static final int CASES = 300;
    private static final int REPEATED_CASES = 50;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    /** The algorithm under test. */
    protected abstract PlacementAlgorithm algorithm();

    @BeforeEach
    void printSeed() {
        System.out.println(getClass().getSimpleName() + " seed " + seed);
    }

    @Test
    void shouldBeFoundByItsName() {
        assertEquals(algorithm().getClass(),
            NamedServices.named(PlacementAlgorithm.class, algorithm().name()).getClass());
    }

    @Test
    void shouldPlaceEveryExpertOnHostsAlike() {
        for (int i = 0; i < CASES; i++) {
            check(new PlacementRequest(random.nextLong(1000), 1 + random.nextInt(8), 1 + random.nextInt(40),
                1 + random.nextInt(12)));
        }
    }

    @Test
    void shouldPlaceAsManyReplicasAsAskedWithinMemoryAndNoneTwiceOnAHost() {
        for (int i = 0; i < CASES; i++) {
            check(RandomRequests.any(random));
        }
    }

    @Test
    void shouldPlaceTwoReplicasOfEveryExpertWhereMemoryIsJustEnough() {
        for (int i = 0; i < CASES; i++) {
            final int hosts = 2 + random.nextInt(5);
            final int experts = hosts * (1 + random.nextInt(4));
            final int layers = 1 + random.nextInt(4);
            final PlacementRequest request = new PlacementRequest(i, layers, experts,
                HostCapacity.alike(hosts, HostCapacity.of(2 * layers * experts / hosts))).withReplicas(2, 0);
            assertEquals(2, request.leastReplicas());
            check(request);
        }
    }

    @Test
    void shouldLeaveHostsWithoutMemoryEmpty() {
        final List<HostCapacity> hosts = List.of(HostCapacity.UNLIMITED, HostCapacity.of(0), HostCapacity.of(24),
            HostCapacity.of(0));
        check(new PlacementRequest(3, 3, 8, hosts).withReplicas(2, 1));
        check(new PlacementRequest(3, 3, 8, hosts).withReplicas(2, 1)
            .withCurrent(RandomRequests.placement(random, 3, 8, 4), MovePolicy.FREE));
    }

    @Test
    void shouldBeAPureFunctionOfItsRequest() {
        final PlacementAlgorithm algorithm = algorithm();
        final SequencedMap<PlacementRequest, Placement> first = new LinkedHashMap<>();
        for (int i = 0; i < REPEATED_CASES; i++) {
            final PlacementRequest request = RandomRequests.any(random);
            first.put(request, algorithm.place(request));
        }
        // In another order, so that whatever was placed before differs.
        first.sequencedEntrySet().reversed().forEach(entry ->
            assertEquals(entry.getValue(), algorithm.place(entry.getKey()), entry.getKey().toString()));
    }

    private void check(final PlacementRequest request) {
        final Placement placement = algorithm().place(request);
        assertEquals(request.epoch(), placement.epoch());
        assertEquals(request.layers(), placement.layers());
        assertEquals(request.experts(), placement.experts());
        assertEquals(request.hosts(), placement.hosts());
        final int[] held = new int[request.hosts()];
        for (int layer = 0; layer < request.layers(); layer++) {
            for (int expert = 0; expert < request.experts(); expert++) {
                final Set<Integer> hosts = new HashSet<>();
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    final int host = placement.host(layer, expert, replica);
                    held[host]++;
                    hosts.add(host);
                    assertTrue(placement.holds(host, layer, expert));
                }
                assertEquals(placement.replicas(layer, expert), hosts.size(), "distinct hosts");
                assertTrue(hosts.size() >= request.leastReplicas(), request + " layer " + layer + " expert " + expert);
            }
        }
        final int total = Arrays.stream(held).sum();
        assertTrue(total <= request.totalReplicas(), total + " of " + request);
        if (request.current().isEmpty() || request.movePolicy().mostMoves() >= request.totalReplicas()) {
            assertEquals(request.totalReplicas(), total, request.toString());
        }
        for (int host = 0; host < held.length; host++) {
            assertTrue(held[host] <= request.capacity(host).replicas(), request + " host " + host + ": "
                + Arrays.toString(held) + request.capacities());
        }
    }
}
