package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.MovePlan.Phase;
import dev.convoke.loadbalance.MovePlan.Step;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MovePlanTest {
    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldLoadBeforeItDrops() {
        final MovePlan plan = MovePlan.between(placement(2, new int[]{0}, new int[]{1}),
            placement(2, new int[]{1}, new int[]{1, 0}), HostCapacity.alike(2, HostCapacity.of(2)));
        assertEquals(List.of(new Phase(List.of(new Step(0, 0, 1), new Step(0, 1, 0)), List.of(new Step(0, 0, 0)))),
            plan.phases());
        assertEquals(2, plan.loads());
        assertEquals(1, plan.drops());
    }

    @Test
    void shouldDoNothingWhereNothingChanges() {
        final Placement same = placement(2, new int[]{0}, new int[]{1});
        assertTrue(MovePlan.between(same, same, HostCapacity.alike(2, HostCapacity.of(1))).isEmpty());
    }

    @Test
    void shouldExchangeReplicasOfFullHostsThroughAThird() {
        final Placement current = placement(3, new int[]{0}, new int[]{1}, new int[]{2});
        final Placement next = placement(3, new int[]{1}, new int[]{0}, new int[]{2});
        final List<HostCapacity> memory = List.of(HostCapacity.of(1), HostCapacity.of(1), HostCapacity.of(2));
        assertEquals(3, MovePlan.between(current, next, memory).loads());
        assertEquals("Replicas cannot change places because all hosts are full and each expert has but one; leave "
            + "memory for one more replica on some host.", assertThrows(ConfigurationException.class,
                () -> MovePlan.between(current, next, HostCapacity.alike(3, HostCapacity.of(1)))).getMessage());
    }

    @Test
    void shouldLetAReplicaGiveWayThatHasAnother() {
        final Placement current = placement(3, new int[]{0}, new int[]{1}, new int[]{0, 2});
        final Placement next = placement(3, new int[]{1}, new int[]{0}, new int[]{0, 2});
        final List<HostCapacity> memory = List.of(HostCapacity.of(2), HostCapacity.of(1), HostCapacity.of(1));
        final MovePlan plan = MovePlan.between(current, next, memory);
        walk(current, next, memory, plan);
        assertEquals(3, plan.loads());
    }

    @Test
    void shouldSayWhenTheNewPlacementDoesNotFit() {
        assertEquals("The new placement puts 2 replicas on host 1, which has memory for 1; plan with the memory that "
            + "there is.", assertThrows(ConfigurationException.class,
                () -> MovePlan.between(placement(2, new int[]{0}, new int[]{1}),
                    placement(2, new int[]{1}, new int[]{1}), HostCapacity.alike(2, HostCapacity.of(1)))).getMessage());
    }

    @Test
    void shouldNeverLackMemoryNorAnExpert() {
        System.out.println("seed " + seed);
        int impossible = 0;
        for (int i = 0; i < 2_000; i++) {
            final int layers = 1 + random.nextInt(3);
            final int experts = 1 + random.nextInt(10);
            final int hosts = 1 + random.nextInt(6);
            final Placement current =
                RandomRequests.placement(random, layers, experts, 1 + random.nextInt(hosts));
            final Placement next = RandomRequests.placement(random, layers, experts, hosts);
            final int slack = random.nextInt(3);
            final int[] heldBefore = held(current, hosts);
            final int[] heldAfter = held(next, hosts);
            final List<HostCapacity> memory = IntStream.range(0, hosts)
                .mapToObj(host -> HostCapacity.of(Math.max(heldBefore[host], heldAfter[host]) + slack)).toList();
            try {
                walk(current, next, memory, MovePlan.between(current, next, memory));
            } catch (final ConfigurationException e) {
                assertEquals(0, slack, "seed " + seed);
                impossible++;
            }
        }
        assertTrue(impossible < 300, impossible + " of 2000 impossible");
    }

    @Test
    void shouldKeepAllReplicasUntilTheirSuccessorsAreThereWhereMemoryAllows() {
        for (int i = 0; i < 300; i++) {
            final Placement current = RandomRequests.placement(random, 2, 8, 4);
            final Placement next = RandomRequests.placement(random, 2, 8, 4);
            final MovePlan plan = MovePlan.between(current, next, HostCapacity.alike(4, HostCapacity.of(16)));
            assertTrue(plan.phases().size() <= 1, plan.phases().toString());
        }
    }

    private static void walk(final Placement current, final Placement next, final List<HostCapacity> memory,
        final MovePlan plan) {
        final boolean[][] held = new boolean[memory.size()][next.layers() * next.experts()];
        final int[] count = held(current, memory.size());
        for (int expert = 0; expert < next.layers() * next.experts(); expert++) {
            for (int host = 0; host < current.hosts(); host++) {
                held[host][expert] = current.holds(host, expert / next.experts(), expert % next.experts());
            }
        }
        Placement published = current;
        for (final Phase phase : plan.phases()) {
            for (final Step load : phase.loads()) {
                assertTrue(!held[load.host()][load.layer() * next.experts() + load.expert()], load + " twice");
                held[load.host()][load.layer() * next.experts() + load.expert()] = true;
                assertTrue(++count[load.host()] <= memory.get(load.host()).replicas(), load + " has no memory");
            }
            published = MovePlan.after(published, phase, published.epoch() + 1, memory.size());
            for (final Step drop : phase.drops()) {
                assertTrue(held[drop.host()][drop.layer() * next.experts() + drop.expert()], drop + " is not there");
                held[drop.host()][drop.layer() * next.experts() + drop.expert()] = false;
                count[drop.host()]--;
            }
            for (int expert = 0; expert < next.layers() * next.experts(); expert++) {
                final int index = expert;
                assertTrue(Arrays.stream(held).anyMatch(host -> host[index]));
                for (int host = 0; host < held.length; host++) {
                    assertEquals(held[host][expert],
                        published.holds(host, expert / next.experts(), expert % next.experts()));
                }
            }
        }
        for (int expert = 0; expert < next.layers() * next.experts(); expert++) {
            for (int host = 0; host < held.length; host++) {
                assertEquals(next.holds(host, expert / next.experts(), expert % next.experts()), held[host][expert]);
            }
        }
    }

    private static int[] held(final Placement placement, final int hosts) {
        final int[] held = new int[hosts];
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    held[placement.host(layer, expert, replica)]++;
                }
            }
        }
        return held;
    }

    private static Placement placement(final int hosts, final int[]... hostsOfExpert) {
        return new Placement(1, 1, hostsOfExpert.length, hosts, hostsOfExpert);
    }
}
