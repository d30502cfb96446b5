package dev.convoke.routing.replicas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.routing.HostCosts;
import dev.convoke.routing.ReplicaChoice;
import dev.convoke.routing.ReplicaDemand;
import org.junit.jupiter.api.Test;

/** Against the best there is on small cases, found by trying everything. */
class BalancedReplicasTest extends ReplicaChoiceContract {
    private static final double RIDGE_ROWS = 16;

    @Override
    protected ReplicaChoice choice() {
        return new BalancedReplicas();
    }

    private static HostCosts alike(final int hosts) {
        final HostCosts costs = new HostCosts(hosts);
        for (int host = 0; host < hosts; host++) {
            costs.set(host, 100, 1000, 1000 / RIDGE_ROWS);
        }
        return costs;
    }

    /** Experts on the hosts of a ring, two on each. */
    private static ReplicaDemand ring(final int experts, final int hosts, final int rows) {
        final ReplicaDemand demand = new ReplicaDemand(experts, hosts);
        for (int expert = 0; expert < experts; expert++) {
            demand.add(expert, rows);
            demand.addReplica(expert % hosts);
            demand.addReplica((expert + 1) % hosts);
        }
        return demand;
    }

    @Test
    void shouldEvenOutActiveExpertsWhileRowsAreFew() {
        final ReplicaDemand demand = new ReplicaDemand(6, 3);
        // All first replicas are on host 0, and the busiest expert is below the ridge.
        final int[] rows = {1, 9, 1, 2, 1, 1};
        for (int expert = 0; expert < 6; expert++) {
            demand.add(expert, rows[expert]);
            demand.addReplica(0);
            demand.addReplica(1 + expert % 2);
        }
        final Case one = new Case(demand, alike(3));
        choice().choose(demand, one.costs());
        assertArrayEquals(new int[]{2, 2, 2}, one.activeExperts());
    }

    @Test
    void shouldEvenOutRowsWhereThereAreMany() {
        final Case one = new Case(ring(3, 3, 200), alike(3));
        // One expert has as many rows as the other two together.
        one.demand().clear();
        one.demand().add(0, 400);
        one.demand().addReplica(0);
        one.demand().addReplica(1);
        one.demand().add(1, 200);
        one.demand().addReplica(1);
        one.demand().addReplica(2);
        one.demand().add(2, 200);
        one.demand().addReplica(2);
        one.demand().addReplica(0);
        choice().choose(one.demand(), one.costs());
        final double evenNs = 100 + 800 / 3.0 * 1000 / RIDGE_ROWS;
        assertTrue(one.doneNs() < 1.15 * evenNs, one.doneNs() + " is far from " + evenNs);
    }

    @Test
    void shouldNotDivideAnExpertThatReadingItsWeightsDominates() {
        final Case one = new Case(ring(1, 2, (int)(2 * RIDGE_ROWS)), alike(2));
        choice().choose(one.demand(), one.costs());
        assertEquals(1, one.mostActive());
        assertEquals(0, one.activeExperts()[1]);
    }

    @Test
    void shouldLeaveAHostAloneThatIsTenTimesSlower() {
        final HostCosts costs = alike(3);
        costs.set(2, 100, 10_000, 10_000 / RIDGE_ROWS);
        final Case one = new Case(ring(9, 3, 1), costs);
        choice().choose(one.demand(), one.costs());
        assertEquals(0, one.activeExperts()[2]);
        assertEquals(5, one.mostActive());
    }

    @Test
    void shouldSpareAHostThatHasWorkToDo() {
        final HostCosts costs = alike(2);
        costs.set(0, 4100, 1000, 1000 / RIDGE_ROWS);
        final Case one = new Case(ring(6, 2, 1), costs);
        choice().choose(one.demand(), one.costs());
        assertArrayEquals(new int[]{1, 5}, one.activeExperts());
    }

    @Test
    void shouldBeNearTheBestOfAllChoices() {
        double sum = 0;
        double worst = 0;
        for (int i = 0; i < CASES; i++) {
            final Case one = Case.random(random, 8, 4, 12);
            choice().choose(one.demand(), one.costs());
            final double ours = one.doneNs();
            final double ratio = ours / best(one, 0);
            sum += ratio;
            worst = Math.max(worst, ratio);
        }
        System.out.printf("%.4f times the best in the mean, %.2f at most%n", sum / CASES, worst);
        assertTrue(sum / CASES < 1.02, "seed " + seed + ": " + sum / CASES);
        assertTrue(worst < 3, "seed " + seed + ": " + worst);
    }

    /** Tries every choice of whole experts from an item on. */
    private static double best(final Case one, final int item) {
        if (item == one.demand().experts()) {
            return one.doneNs();
        }
        double best = Double.POSITIVE_INFINITY;
        for (int replica = 0; replica < one.demand().replicas(item); replica++) {
            one.demand().allotAll(item, replica);
            best = Math.min(best, best(one, item + 1));
        }
        return best;
    }

    @Test
    void shouldNearlyAlwaysBeDoneEarlierThanWithFirstReplicas() {
        int later = 0;
        double sum = 0;
        for (int i = 0; i < CASES; i++) {
            final Case one = Case.random(random, 40, 12, 300);
            choice().choose(one.demand(), one.costs());
            final double oursNs = one.doneNs();
            new FirstReplica().choose(one.demand(), one.costs());
            sum += oursNs / one.doneNs();
            later += oursNs > one.doneNs() ? 1 : 0;
        }
        System.out.printf("%.3f times first replicas in the mean, later in %d of %d%n", sum / CASES, later, CASES);
        assertTrue(sum / CASES < 0.85, "seed " + seed + ": " + sum / CASES);
        assertTrue(later < CASES / 50, "seed " + seed + ": later in " + later);
    }
}
