package dev.convoke.loadbalance.balanced;

import dev.convoke.loadbalance.LayerPacking;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementDraft;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.SlotShares;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Placement by local search over all layers at once. It minimises the time of a step, in which every layer waits for
 * its slowest host, for hosts of unequal memory and speed; keeps replicas of an expert on distinct hosts, and in
 * distinct failure domains where there are enough with memory; and weighs moves from the current placement and
 * co-activated experts that lie apart against it.
 *
 * <p>It starts from the placement that EPLB's packing gives, from a greedy one that knows speeds, failure domains and
 * co-activation, and from the current one if there is one; improves each, takes the best and looks on from it by random
 * changes of a fixed seed. Where the moves are limited it starts from the current one alone. Work is bounded by the
 * number of changes it tries, so that the result depends on the request only.
 */
public final class BalancedPlacement implements PlacementAlgorithm {
    /** Changes tried for each replica and start, and at least. */
    private static final long EVALUATIONS_PER_REPLICA = 1_000;
    private static final long LEAST_EVALUATIONS = 100_000;

    @Override
    public String name() {
        return "balanced";
    }

    @Override
    public Placement place(final PlacementRequest request) {
        SearchState best = null;
        LocalSearch bestSearch = null;
        double bestCost = Double.POSITIVE_INFINITY;
        for (final PlacementDraft start : starts(request)) {
            final SearchState state = new SearchState(request, start);
            final long mostMoves = (long)state.moves() + request.movePolicy().mostMoves();
            final LocalSearch search = new LocalSearch(state, (int)Math.min(mostMoves, Integer.MAX_VALUE),
                Math.max(LEAST_EVALUATIONS, EVALUATIONS_PER_REPLICA * request.totalReplicas()));
            final double cost = request.movePolicy().mostMoves() > 0 ? search.run() : 0;
            if (cost < bestCost) {
                bestCost = cost;
                best = state;
                bestSearch = search;
            }
        }
        if (request.movePolicy().mostMoves() > 0) {
            bestSearch.shake();
        }
        return placement(request, best);
    }

    private static List<PlacementDraft> starts(final PlacementRequest request) {
        final List<PlacementDraft> starts = new ArrayList<>();
        final boolean limited = request.current().isPresent()
            && request.movePolicy().mostMoves() < request.totalReplicas();
        if (request.current().isPresent()) {
            final PlacementDraft current = PlacementDraft.ofCurrent(request);
            current.completeLeast();
            starts.add(current);
        }
        if (!limited) {
            starts.add(packed(request));
            if (!isPlain(request)) {
                starts.add(GreedyStart.place(request));
            }
            starts.forEach(PlacementDraft::complete);
        }
        return starts;
    }

    /** Where hosts are alike and only load counts, greedy placement is what EPLB's packing does. */
    private static boolean isPlain(final PlacementRequest request) {
        return request.trafficWeight() == 0 && request.capacities().stream()
            .allMatch(host -> host.speed() == request.capacity(0).speed() && host.failureDomain().isEmpty());
    }

    private static PlacementDraft packed(final PlacementRequest request) {
        final PlacementDraft draft = new PlacementDraft(request);
        final int[][] slots = SlotShares.of(request.totalReplicas(), request.layers(), request.experts(),
            request.capacities());
        for (int layer = 0; layer < request.layers(); layer++) {
            final LayerPacking packing = LayerPacking.apart(request, layer, slots[layer]);
            packing.packGlobally(request.leastReplicas());
            packing.addTo(draft, layer);
        }
        return draft;
    }

    /**
     * The first replica of an expert is the one a dispatcher takes that knows nothing: it is chosen so that the hosts
     * are even if all rows go there.
     */
    private static Placement placement(final PlacementRequest request, final SearchState state) {
        final int experts = request.experts();
        final int[][] hostsOfExpert = new int[request.layers() * experts][];
        for (int layer = 0; layer < request.layers(); layer++) {
            final double[] times = new double[request.hosts()];
            final List<Integer> order = new ArrayList<>();
            for (int expert = layer * experts; expert < (layer + 1) * experts; expert++) {
                order.add(expert);
            }
            order.sort(Comparator.comparingInt((Integer expert) -> state.replicas(expert))
                .thenComparingDouble(expert -> -state.weight(expert)));
            for (final int expert : order) {
                hostsOfExpert[expert] = lightestFirst(state, expert, times);
                final int first = hostsOfExpert[expert][0];
                times[first] += state.weight(expert) / state.speed(first);
            }
        }
        return new Placement(request.epoch(), request.layers(), experts, request.hosts(), hostsOfExpert);
    }

    private static int[] lightestFirst(final SearchState state, final int expert, final double[] times) {
        final int[] hosts = new int[state.replicas(expert)];
        int lightest = 0;
        for (int replica = 0; replica < hosts.length; replica++) {
            hosts[replica] = state.host(expert, replica);
            if (times[hosts[replica]] < times[hosts[lightest]]) {
                lightest = replica;
            }
        }
        final int first = hosts[lightest];
        System.arraycopy(hosts, 0, hosts, 1, lightest);
        hosts[0] = first;
        return hosts;
    }
}
