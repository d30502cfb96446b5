package dev.convoke.loadbalance.balanced;

import dev.convoke.loadbalance.CoActivation;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.PlacementDraft;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.SlotShares;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A first placement, layer by layer: replicas by water-filling (always one more of the expert with the most load per
 * replica), then the heaviest replica first to the host that would be done with it first, of those with memory for it
 * and without another in their failure domain. Where co-activation counts, to the host that already holds most of its
 * partners, of those that stay near the mean.
 */
final class GreedyStart {
    private static final double NEAR_THE_MEAN = 1.05;

    private final PlacementRequest request;
    private final PlacementDraft draft;
    private final FailureDomains domains;
    private final double meanSpeed;
    private final double[] times;
    private final int[] slots;

    private GreedyStart(final PlacementRequest request, final PlacementDraft draft, final int[] slots) {
        this.request = request;
        this.draft = draft;
        this.slots = slots;
        this.domains = new FailureDomains(request.capacities());
        this.meanSpeed = request.capacities().stream().filter(host -> host.replicas() > 0)
            .mapToDouble(HostCapacity::speed).average().orElse(1);
        this.times = new double[request.hosts()];
    }

    static PlacementDraft place(final PlacementRequest request) {
        final PlacementDraft draft = new PlacementDraft(request);
        final int[][] slots = SlotShares.of(request.totalReplicas(), request.layers(), request.experts(),
            request.capacities());
        for (int layer = 0; layer < request.layers(); layer++) {
            new GreedyStart(request, draft, slots[layer]).placeLayer(layer);
        }
        return draft;
    }

    private void placeLayer(final int layer) {
        final int[] counts = counts(layer);
        final PriorityQueue<Integer> order = new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(expert -> -request.weight(layer, expert) / counts[expert])
                .thenComparing(Comparator.naturalOrder()));
        double work = 0;
        for (int expert = 0; expert < counts.length; expert++) {
            order.add(expert);
            work += request.weight(layer, expert);
        }
        final double limit = NEAR_THE_MEAN * work / (meanSpeed * request.usableHosts());
        while (!order.isEmpty()) {
            final int expert = order.poll();
            for (int replica = 0; replica < counts[expert]; replica++) {
                placeReplica(layer, expert, counts[expert], limit);
            }
        }
    }

    private int[] counts(final int layer) {
        final int[] counts = new int[request.experts()];
        int left = Arrays.stream(slots).sum();
        for (int level = 0; level < request.leastReplicas() && left >= counts.length; level++) {
            for (int expert = 0; expert < counts.length; expert++) {
                counts[expert]++;
            }
            left -= counts.length;
        }
        final PriorityQueue<Integer> heaviest = new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(expert -> -request.weight(layer, expert) / counts[expert])
                .thenComparing(Comparator.naturalOrder()));
        for (int expert = 0; expert < counts.length && counts[expert] > 0; expert++) {
            heaviest.add(expert);
        }
        while (left > 0 && !heaviest.isEmpty()) {
            final int expert = heaviest.poll();
            if (counts[expert] < request.usableHosts()) {
                counts[expert]++;
                left--;
                heaviest.add(expert);
            }
        }
        return counts;
    }

    private void placeReplica(final int layer, final int expert, final int count, final double limit) {
        int best = -1;
        double bestScore = Double.POSITIVE_INFINITY;
        for (int host = 0; host < times.length; host++) {
            if (slots[host] > 0 && draft.canHold(layer, expert, host)) {
                final double score = score(layer, expert, host, count, limit);
                if (score < bestScore) {
                    bestScore = score;
                    best = host;
                }
            }
        }
        if (best >= 0) {
            draft.add(layer, expert, best);
            slots[best]--;
            times[best] += addedTime(layer, expert, best, count);
        }
    }

    private double addedTime(final int layer, final int expert, final int host, final int count) {
        return request.weight(layer, expert) / (request.capacity(host).speed() + (count - 1) * meanSpeed);
    }

    /** Smaller is better; another failure domain counts more than partners, and these more than time. */
    private double score(final int layer, final int expert, final int host, final int count, final double limit) {
        final double time = times[host] + addedTime(layer, expert, host, count);
        final double partners = request.trafficWeight() > 0 && time <= limit ? partners(layer, expert, host) : 0;
        return (isCrowded(layer, expert, host) ? 1 : 0) * 1e30 + (partners > 0 ? -partners : time);
    }

    private boolean isCrowded(final int layer, final int expert, final int host) {
        for (final int other : draft.hosts(layer, expert)) {
            if (domains.of(other) == domains.of(host)) {
                return true;
            }
        }
        return false;
    }

    private double partners(final int layer, final int expert, final int host) {
        final CoActivation pairs = request.coActivation().orElseThrow();
        double sum = 0;
        for (int other = 0; other < request.experts(); other++) {
            if (draft.holds(layer, other, host)) {
                sum += pairs.rows(layer, expert, other);
            }
        }
        return sum;
    }
}
