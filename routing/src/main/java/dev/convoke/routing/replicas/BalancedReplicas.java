package dev.convoke.routing.replicas;

import dev.convoke.routing.HostCosts;
import dev.convoke.routing.ReplicaChoice;
import dev.convoke.routing.ReplicaDemand;
import java.util.Arrays;

/**
 * Lets all hosts finish as early as possible. While experts have few rows each costs the reading of its weights, so
 * this evens out the active experts of hosts (as METRO, 2512.09277, and Janus, 2512.13525, do); where they have many it
 * evens out rows, and divides an expert among its replicas. Both count by what each host takes.
 *
 * <p>Experts with the fewest replicas go first, then those with most rows, each to the host that would be done earliest
 * (Graham's list scheduling). Then experts move away from the host that is done last as long as that helps.
 */
public final class BalancedReplicas implements ReplicaChoice {
    /** An expert is divided when it has so many times the rows at which reading its weights stops to matter. */
    private static final double DIVIDE_FROM_RIDGES = 2;
    private static final int MOST_MOVES = 32;
    private static final int RANK_BITS = 24;
    private static final int INDEX_MASK = (1 << 16) - 1;

    private long[] order = new long[0];
    private double[] finishNs = new double[0];

    @Override
    public String name() {
        return "balanced";
    }

    @Override
    public void choose(final ReplicaDemand demand, final HostCosts costs) {
        prepare(demand, costs);
        for (int i = 0; i < demand.experts(); i++) {
            final int item = (int)order[i] & INDEX_MASK;
            if (demand.replicas(item) == 1) {
                allotAll(demand, costs, item, 0);
            } else {
                place(demand, costs, item);
            }
        }
        int moves = 0;
        while (moves < MOST_MOVES && relieve(demand, costs, busiest(costs))) {
            moves++;
        }
    }

    private void prepare(final ReplicaDemand demand, final HostCosts costs) {
        final int experts = demand.experts();
        if (order.length < experts) {
            order = new long[experts];
        }
        if (finishNs.length != costs.hosts()) {
            finishNs = new double[costs.hosts()];
        }
        for (int item = 0; item < experts; item++) {
            final long rank = (1 << RANK_BITS) - 1 - demand.rows(item);
            order[item] = ((long)demand.replicas(item) << RANK_BITS | rank) << Short.SIZE | item;
        }
        Arrays.sort(order, 0, experts);
        for (int host = 0; host < finishNs.length; host++) {
            finishNs[host] = costs.startNs(host);
        }
    }

    private void allotAll(final ReplicaDemand demand, final HostCosts costs, final int item, final int replica) {
        final int host = demand.host(item, replica);
        demand.allotAll(item, replica);
        finishNs[host] += costs.expertNs(host, demand.rows(item));
    }

    private void place(final ReplicaDemand demand, final HostCosts costs, final int item) {
        final int rows = demand.rows(item);
        final int replica = earliest(demand, costs, item, rows);
        final double ridge = costs.ridgeRows(demand.host(item, replica));
        if (rows > DIVIDE_FROM_RIDGES * ridge) {
            divide(demand, costs, item, Math.max(1, (int)Math.ceil(ridge)));
        } else {
            allotAll(demand, costs, item, replica);
        }
    }

    /** The replica whose host would be done earliest with so many more rows; the first of equals. */
    private int earliest(final ReplicaDemand demand, final HostCosts costs, final int item, final int rows) {
        int best = 0;
        double bestNs = Double.POSITIVE_INFINITY;
        for (int replica = 0; replica < demand.replicas(item); replica++) {
            final double doneNs = finishNs[demand.host(item, replica)] + addedNs(demand, costs, item, replica, rows);
            if (doneNs < bestNs) {
                best = replica;
                bestNs = doneNs;
            }
        }
        return best;
    }

    private static double addedNs(final ReplicaDemand demand, final HostCosts costs, final int item, final int replica,
        final int rows) {
        final int host = demand.host(item, replica);
        final int had = demand.allotted(item, replica);
        return costs.expertNs(host, had + rows) - costs.expertNs(host, had);
    }

    private void divide(final ReplicaDemand demand, final HostCosts costs, final int item, final int portion) {
        int left = demand.rows(item);
        while (left > 0) {
            final int rows = Math.min(left, portion);
            final int replica = earliest(demand, costs, item, rows);
            finishNs[demand.host(item, replica)] += addedNs(demand, costs, item, replica, rows);
            demand.allot(item, replica, rows);
            left -= rows;
        }
    }

    /** The host that is done last of those that have something to do. */
    private int busiest(final HostCosts costs) {
        int busiest = 0;
        double latestNs = Double.NEGATIVE_INFINITY;
        for (int host = 0; host < finishNs.length; host++) {
            if (finishNs[host] > costs.startNs(host) && finishNs[host] > latestNs) {
                busiest = host;
                latestNs = finishNs[host];
            }
        }
        return busiest;
    }

    /** Moves the expert away from a host that lets it and the host it goes to be done earliest; false if none does. */
    private boolean relieve(final ReplicaDemand demand, final HostCosts costs, final int host) {
        int bestItem = -1;
        int bestReplica = -1;
        double bestNs = finishNs[host];
        for (int item = 0; item < demand.experts(); item++) {
            if (demand.replicas(item) > 1 && isWholeAt(demand, item, host)) {
                final double leftNs = finishNs[host] - costs.expertNs(host, demand.rows(item));
                for (int replica = 0; replica < demand.replicas(item); replica++) {
                    final int other = demand.host(item, replica);
                    final double doneNs = other == host ? bestNs
                        : Math.max(leftNs, finishNs[other] + costs.expertNs(other, demand.rows(item)));
                    if (doneNs < bestNs) {
                        bestNs = doneNs;
                        bestItem = item;
                        bestReplica = replica;
                    }
                }
            }
        }
        if (bestItem < 0) {
            return false;
        }
        finishNs[host] -= costs.expertNs(host, demand.rows(bestItem));
        allotAll(demand, costs, bestItem, bestReplica);
        return true;
    }

    private static boolean isWholeAt(final ReplicaDemand demand, final int item, final int host) {
        for (int replica = 0; replica < demand.replicas(item); replica++) {
            if (demand.host(item, replica) == host) {
                return demand.allotted(item, replica) == demand.rows(item);
            }
        }
        return false;
    }
}
