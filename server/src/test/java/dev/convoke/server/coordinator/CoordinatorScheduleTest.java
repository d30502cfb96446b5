package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random commands on a simulated cluster, and what must hold whatever happens. */
@Timeout(300)
class CoordinatorScheduleTest {
    private static final int SCHEDULES = Integer.getInteger("convoke.test.schedules", 500);
    private static final int TURNS = 60;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final long firstSeed = Long.getLong("convoke.seed", System.nanoTime());
    private int finished;
    private int rolledBack;
    private int forgotten;

    @Test
    void shouldKeepExpertsWithinReachAndEndWhereItWasTold() {
        System.out.println("seed " + firstSeed);
        for (int i = 0; i < SCHEDULES; i++) {
            try {
                run(new SplittableRandom(firstSeed + i));
            } catch (final AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + (firstSeed + i), e);
            }
        }
        assertTrue(finished > SCHEDULES && rolledBack > SCHEDULES / 4 && forgotten > SCHEDULES / 50, finished
            + " finished, " + rolledBack + " rolled back, " + forgotten + " hosts forgotten");
    }

    private void run(final SplittableRandom random) {
        final int hosts = 2 + random.nextInt(4);
        final int replicas = 1 + random.nextInt(Math.min(3, hosts));
        final int total = SimulatedCluster.LAYERS * SimulatedCluster.EXPERTS * replicas;
        final int room = Math.ceilDiv(total, Math.max(replicas, hosts - 1)) + 1 + random.nextInt(3);
        final Placement first = SimulatedCluster.placement(random, 1, hosts, replicas, List.of());
        final SimulatedCluster cluster = new SimulatedCluster(random, hosts, room, first);
        cluster.trouble = random.nextBoolean() ? 0 : random.nextDouble(0.2);
        cluster.turn(MS);
        for (int turn = 0; turn < TURNS; turn++) {
            act(cluster, first, replicas);
            step(cluster, () -> cluster.turn(random.nextLong(2000 * MS)));
        }
        count(cluster);
        cluster.trouble = 0;
        for (int host = 0; host < hosts; host++) {
            if (!cluster.hosts[host].alive) {
                final int revived = host;
                step(cluster, () -> cluster.revive(revived, first));
            }
        }
        for (int turn = 0; turn == 0 || turn < 400 && !isSettled(cluster); turn++) {
            step(cluster, () -> cluster.turn(1000 * MS));
        }
        assertSettled(cluster);
        assertReplays(cluster);
    }

    private void act(final SimulatedCluster cluster, final Placement first, final int replicas) {
        final SplittableRandom random = cluster.random;
        final int host = random.nextInt(cluster.hosts.length);
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                final List<Integer> drained = random.nextInt(3) == 0 && cluster.hosts.length > replicas
                    ? List.of(host) : List.of();
                step(cluster, () -> cluster.apply(new Command.Move(SimulatedCluster.placement(random, 0,
                    cluster.hosts.length, replicas, drained), drained)));
            }
            case 3 -> step(cluster, () -> cluster.apply(new Command.Cancel()));
            case 4 -> {
                if (cluster.hosts[host].alive) {
                    step(cluster, () -> cluster.kill(host));
                }
            }
            case 5, 6 -> {
                if (!cluster.hosts[host].alive) {
                    step(cluster, () -> cluster.revive(host, first));
                }
            }
            case 7 -> {
                if (random.nextInt(4) == 0) {
                    step(cluster, () -> cluster.apply(cluster.coordinator.begin()));
                }
            }
            case 8 -> step(cluster, () -> {
                if (cluster.hosts[host].alive) {
                    cluster.apply(new Command.HostLeaving(host));
                }
                for (int other = 0; other < cluster.hosts.length; other++) {
                    cluster.apply(new Command.HostForgotten(other));
                }
            });
            default -> { }
        }
    }

    /** Does something and looks at what the coordinator decided. */
    private static void step(final SimulatedCluster cluster, final Runnable action) {
        Placement before = cluster.coordinator.published();
        final Placement atDecoder = cluster.decoderPlacement;
        final int from = cluster.events.size();
        action.run();
        for (final Event event : cluster.events.subList(from, cluster.events.size())) {
            if (event instanceof Event.Published(final Placement next) && next != before) {
                assertEquals(before.epoch() + 1, next.epoch());
                before = next;
            } else if (event instanceof Event.FreeOrdered(final Step free)) {
                assertFalse(before.holds(free.host(), free.layer(), free.expert()), "in force: " + free);
                assertFalse(cluster.decoderPlacement.holds(free.host(), free.layer(), free.expert())
                    && atDecoder == cluster.decoderPlacement, "a decoder asks for " + free);
            }
        }
        for (int host = 0; host < cluster.hosts.length; host++) {
            assertTrue(cluster.coordinator.host(host).loading().size() <= SimulatedCluster.LIMITS.loadsPerHost());
        }
    }

    private void count(final SimulatedCluster cluster) {
        finished += (int)cluster.events.stream().filter(Event.MoveFinished.class::isInstance).count();
        forgotten += (int)cluster.events.stream().filter(Event.HostForgotten.class::isInstance).count();
        rolledBack += (int)cluster.events.stream().filter(Event.MoveRolledBack.class::isInstance).count();
    }

    /** As far as the coordinator knows, and nothing is on its way that it does not know of. */
    private static boolean isSettled(final SimulatedCluster cluster) {
        final Coordinator coordinator = cluster.coordinator;
        boolean settled = coordinator.change() == null && coordinator.published().equals(cluster.decoderPlacement);
        for (int host = 0; host < cluster.hosts.length; host++) {
            settled &= cluster.hosts[host].loading.isEmpty() && cluster.hosts[host].leaving.isEmpty()
                && coordinator.host(host).isSeen()
                && coordinator.host(host).held().equals(SimulatedCluster.replicas(coordinator.published(), host));
        }
        return settled;
    }

    private static void assertSettled(final SimulatedCluster cluster) {
        final Coordinator coordinator = cluster.coordinator;
        assertNull(coordinator.change(), coordinator::toString);
        assertEquals(coordinator.published(), cluster.decoderPlacement, coordinator::toString);
        for (int host = 0; host < cluster.hosts.length; host++) {
            assertEquals(SimulatedCluster.replicas(coordinator.published(), host), cluster.hosts[host].held,
                coordinator::toString);
        }
        for (int expert = 0; expert < SimulatedCluster.LAYERS * SimulatedCluster.EXPERTS; expert++) {
            assertTrue(cluster.isReached(coordinator.published(), expert));
        }
    }

    private static void assertReplays(final SimulatedCluster cluster) {
        final Coordinator replayed = new Coordinator(cluster.hosts.length, SimulatedCluster.LIMITS);
        cluster.log.forEach(entry -> replayed.apply(entry.atNs(), entry.command()));
        assertEquals(cluster.coordinator.toString(), replayed.toString());
    }
}
