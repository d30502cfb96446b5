package dev.convoke.routing.replicas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.NamedServices;
import dev.convoke.routing.HostCosts;
import dev.convoke.routing.ReplicaChoice;
import dev.convoke.routing.ReplicaDemand;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every replica choice keeps. Random cases print their seed; {@code -Dconvoke.seed} repeats them. */
public abstract class ReplicaChoiceContract {
    static final int CASES = 2000;

    final long seed = Long.getLong("convoke.seed", System.nanoTime());
    final SplittableRandom random = new SplittableRandom(seed);

    /** A new one of those under test. */
    protected abstract ReplicaChoice choice();

    @BeforeEach
    void printSeed() {
        System.out.println(getClass().getSimpleName() + " seed " + seed);
    }

    @Test
    void shouldBeFoundByItsName() {
        assertEquals(choice().getClass(), NamedServices.named(ReplicaChoice.class, choice().name()).getClass());
    }

    @Test
    void shouldAllotEveryRowOnceAndToReplicasOnly() {
        final ReplicaChoice choice = choice();
        for (int i = 0; i < CASES; i++) {
            final Case one = Case.random(random, 40, 12, 300);
            choice.choose(one.demand(), one.costs());
            for (int item = 0; item < one.demand().experts(); item++) {
                int rows = 0;
                for (int replica = 0; replica < one.demand().replicas(item); replica++) {
                    assertTrue(one.demand().allotted(item, replica) >= 0);
                    rows += one.demand().allotted(item, replica);
                }
                assertEquals(one.demand().rows(item), rows, "seed " + seed + " case " + i + " item " + item);
            }
        }
    }

    @Test
    void shouldDependOnNothingButItsArguments() {
        final ReplicaChoice used = choice();
        for (int i = 0; i < CASES; i++) {
            final long caseSeed = random.nextLong();
            final Case first = Case.random(new SplittableRandom(caseSeed), 20, 6, 100);
            final Case again = Case.random(new SplittableRandom(caseSeed), 20, 6, 100);
            final Case other = Case.random(random, 30, 9, 100);
            used.choose(first.demand(), first.costs());
            used.choose(other.demand(), other.costs());
            choice().choose(again.demand(), again.costs());
            assertEquals(first.allotments(), again.allotments(), "seed " + seed + " case " + i);
        }
    }

    /** Experts with their replicas, and what hosts take. */
    record Case(ReplicaDemand demand, HostCosts costs) {
        static Case random(final SplittableRandom random, final int mostExperts, final int mostHosts,
            final int mostRows) {
            final int hosts = 1 + random.nextInt(mostHosts);
            final HostCosts costs = new HostCosts(hosts);
            for (int host = 0; host < hosts; host++) {
                final double expertNs = 1000 * (1 + random.nextInt(10));
                costs.set(host, random.nextInt(3) * 500.0, expertNs, expertNs / (1 + random.nextInt(64)));
            }
            return new Case(demand(random, 1 + random.nextInt(mostExperts), hosts, mostRows), costs);
        }

        static ReplicaDemand demand(final SplittableRandom random, final int experts, final int hosts,
            final int mostRows) {
            final ReplicaDemand demand = new ReplicaDemand(experts, hosts);
            for (int expert = 0; expert < experts; expert++) {
                demand.add(expert, 1 + random.nextInt(mostRows));
                final int first = random.nextInt(hosts);
                final int replicas = 1 + random.nextInt(Math.min(3, hosts));
                for (int replica = 0; replica < replicas; replica++) {
                    demand.addReplica((first + replica) % hosts);
                }
            }
            return demand;
        }

        String allotments() {
            final StringBuilder text = new StringBuilder();
            for (int item = 0; item < demand.experts(); item++) {
                for (int replica = 0; replica < demand.replicas(item); replica++) {
                    text.append(demand.allotted(item, replica)).append(' ');
                }
            }
            return text.toString();
        }

        /** When the last host with something to do is done. */
        double doneNs() {
            final double[] finishNs = new double[costs.hosts()];
            final boolean[] busy = new boolean[costs.hosts()];
            for (int item = 0; item < demand.experts(); item++) {
                for (int replica = 0; replica < demand.replicas(item); replica++) {
                    final int host = demand.host(item, replica);
                    busy[host] |= demand.allotted(item, replica) > 0;
                    finishNs[host] += costs.expertNs(host, demand.allotted(item, replica));
                }
            }
            double latestNs = 0;
            for (int host = 0; host < busy.length; host++) {
                latestNs = busy[host] ? Math.max(latestNs, costs.startNs(host) + finishNs[host]) : latestNs;
            }
            return latestNs;
        }

        /** Experts computed by each host. */
        int[] activeExperts() {
            final int[] active = new int[costs.hosts()];
            for (int item = 0; item < demand.experts(); item++) {
                for (int replica = 0; replica < demand.replicas(item); replica++) {
                    active[demand.host(item, replica)] += demand.allotted(item, replica) > 0 ? 1 : 0;
                }
            }
            return active;
        }

        int mostActive() {
            return Arrays.stream(activeExperts()).max().orElse(0);
        }
    }
}
