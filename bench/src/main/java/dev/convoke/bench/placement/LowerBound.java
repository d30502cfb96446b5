package dev.convoke.bench.placement;

import dev.convoke.loadbalance.PlacementRequest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * What no placement of a request can be better than, on hosts alike. In each layer the slowest host is never below the
 * mean; nor below the largest share of an expert when replicas go to whichever has the largest, one after the other
 * (no other way to give out replicas makes the largest share smaller); nor, where memory leaves no host with fewer
 * than some number of replicas, below the least that the heaviest expert's host can hold beside it.
 */
final class LowerBound {
    static final double TOLERANCE = 1e-6;

    private final PlacementRequest request;
    /** The most replicas that a layer can have. */
    private final int mostReplicas;
    /** Replicas of a layer that every host has at least. */
    private final int fewestOnHost;

    LowerBound(final PlacementRequest request) {
        this.request = request;
        final int total = request.totalReplicas();
        this.mostReplicas = total - (request.layers() - 1) * request.experts();
        final long others = (request.hosts() - 1L) * request.capacity(0).replicas();
        this.fewestOnHost = request.layers() == 1 ? (int)Math.max(0, total - others) : 0;
    }

    /** The sum of the layers' bounds over the sum of their means. */
    double maxOverMean() {
        double bounds = 0;
        double means = 0;
        for (int layer = 0; layer < request.layers(); layer++) {
            final double mean = request.load().totalTokens(layer) / request.hosts();
            bounds += Math.max(mean, ofShares(layer));
            means += mean;
        }
        return bounds / means;
    }

    /** Whether nothing can be better: the bound tells or, in one small layer, trying everything does. */
    boolean proves(final double maxOverMean) {
        if (maxOverMean <= maxOverMean() + TOLERANCE) {
            return true;
        }
        return request.layers() == 1 && ExhaustiveSearch.isFeasible(request)
            && new ExhaustiveSearch(request).findsNoneBelow(
                (maxOverMean - TOLERANCE) * request.load().totalTokens(0) / request.hosts());
    }

    private double ofShares(final int layer) {
        final double[] tokens = new double[request.experts()];
        Arrays.setAll(tokens, expert -> request.load().tokens(layer, expert));
        final int[] replicas = replicas(tokens);
        double largest = 0;
        int heaviest = 0;
        for (int expert = 0; expert < tokens.length; expert++) {
            if (tokens[expert] / replicas[expert] > largest) {
                largest = tokens[expert] / replicas[expert];
                heaviest = expert;
            }
        }
        return largest + (mostReplicas == tokens.length ? lightest(tokens, heaviest) : 0);
    }

    /** With one replica each, the least that a host holds beside an expert. */
    private double lightest(final double[] tokens, final int expert) {
        final double[] others = tokens.clone();
        others[expert] = Double.POSITIVE_INFINITY;
        Arrays.sort(others);
        return Arrays.stream(others).limit(Math.max(0, fewestOnHost - 1)).sum();
    }

    private int[] replicas(final double[] tokens) {
        final int[] replicas = new int[tokens.length];
        Arrays.fill(replicas, 1);
        final PriorityQueue<Integer> heaviest = new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(expert -> -tokens[expert] / replicas[expert]));
        for (int expert = 0; expert < tokens.length; expert++) {
            heaviest.add(expert);
        }
        for (int left = mostReplicas - tokens.length; left > 0 && !heaviest.isEmpty();) {
            final int expert = heaviest.poll();
            if (replicas[expert] < request.hosts()) {
                replicas[expert]++;
                left--;
                heaviest.add(expert);
            }
        }
        return replicas;
    }
}
