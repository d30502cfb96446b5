package dev.convoke.bench.placement;

import dev.convoke.loadbalance.PlacementRequest;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Tries all placements of one small layer on hosts alike: every way to give out replicas, and for each every way to
 * pack them, the heaviest first; what cannot come out below the limit is left as soon as that shows. Gives up after a
 * number of steps, so that it always ends soon.
 */
final class ExhaustiveSearch {
    private static final int MOST_EXPERTS = 8;
    private static final int MOST_HOSTS = 4;
    private static final long MOST_STEPS = 3_000_000;

    private final int experts;
    private final int hosts;
    private final int slots;
    private final int memory;
    private final double[] tokens;
    private final int[] replicas;
    private final double[] times;
    private final int[] held;
    private int[] order = {};
    private double limit;
    private long stepsLeft = MOST_STEPS;

    ExhaustiveSearch(final PlacementRequest request) {
        experts = request.experts();
        hosts = request.hosts();
        slots = request.totalReplicas();
        memory = request.capacity(0).replicas();
        tokens = new double[experts];
        Arrays.setAll(tokens, expert -> request.load().tokens(0, expert));
        replicas = new int[experts];
        times = new double[hosts];
        held = new int[hosts];
    }

    static boolean isFeasible(final PlacementRequest request) {
        return request.experts() <= MOST_EXPERTS && request.hosts() <= MOST_HOSTS;
    }

    /** Whether it is certain that some host has more than so many tokens in every placement. */
    boolean findsNoneBelow(final double tokensOfHost) {
        limit = tokensOfHost;
        return !findsReplicas(0, slots) && stepsLeft > 0;
    }

    private boolean findsReplicas(final int expert, final int left) {
        if (expert == experts) {
            return left == 0 && findsPacking();
        }
        for (int count = 1; count <= Math.min(hosts, left - (experts - expert - 1)) && stepsLeft > 0; count++) {
            if (tokens[expert] / count <= limit) {
                replicas[expert] = count;
                if (findsReplicas(expert + 1, left - count)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean findsPacking() {
        final Integer[] heaviest = new Integer[experts];
        Arrays.setAll(heaviest, expert -> expert);
        Arrays.sort(heaviest, Comparator.comparingDouble(expert -> -tokens[expert] / replicas[expert]));
        order = Arrays.stream(heaviest).mapToInt(expert -> expert).toArray();
        return packs(0, 0, replicas[order[0]]);
    }

    /** Puts the replicas of an expert that are left on hosts from some number on, then the next expert's. */
    private boolean packs(final int index, final int firstHost, final int left) {
        if (left == 0) {
            return index + 1 == experts || packs(index + 1, 0, replicas[order[index + 1]]);
        }
        final double share = tokens[order[index]] / replicas[order[index]];
        for (int host = firstHost; host <= hosts - left; host++) {
            if (held[host] < memory && times[host] + share <= limit && !isLikeAnEarlier(host, firstHost)) {
                if (--stepsLeft <= 0) {
                    return false;
                }
                final double before = times[host];
                held[host]++;
                times[host] += share;
                final boolean found = packs(index, host + 1, left - 1);
                held[host]--;
                times[host] = before;
                if (found) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A host that holds as much as one that was passed over for this replica would come to the same. */
    private boolean isLikeAnEarlier(final int host, final int firstHost) {
        for (int other = firstHost; other < host; other++) {
            if (held[other] == held[host] && times[other] == times[host]) {
                return true;
            }
        }
        return false;
    }
}
