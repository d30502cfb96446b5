package dev.convoke.loadbalance.balanced;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Steepest descent on a {@link SearchState}. In each layer the hosts with the largest times are relieved in turn, by
 * the best single change that {@link Neighbourhood} knows, until none helps; passes over all layers are repeated while
 * they help. First the cost is smooth, then exact. The best placement seen under the exact cost is kept.
 *
 * <p>Where moves are limited or cost something, they first count as dear and then ever less, so that those are made
 * that gain most in any layer.
 */
final class LocalSearch {
    private static final int MOST_PASSES = 8;
    /** With traffic, which load and it keep pulling apart. */
    private static final int MOST_PASSES_WITH_TRAFFIC = 3;
    private static final int HOSTS_TO_RELIEVE = 3;
    /** Of a layer's largest time over its mean; less is not worth a search. */
    private static final double NEAR_ENOUGH = 1.00001;
    /** The same for random changes, which cost more. */
    private static final double WORTH_SHAKING = 1.0005;
    private static final double LEAST_GAIN_OF_LAYER = 1e-6;
    private static final double LEAST_GAIN_OF_TRAFFIC = 1e-4;
    private static final double DEAREST_MOVE_OF_LAYER = 1;
    private static final double CHEAPER = 0.3;
    private static final double CHEAPEST_MOVE_OF_LAYER = 1e-4;
    private static final int MOST_SHAKES_IN_VAIN = 100;
    private static final int MOST_CHANGES_OF_SHAKE = 8;
    /** Changes tried after random ones, for each replica, and at least. */
    private static final long SHAKEN_PER_REPLICA = 100;
    private static final long LEAST_SHAKEN = 10_000;

    private final SearchState state;
    private final Neighbourhood neighbourhood;
    private final List<int[]> history = new ArrayList<>();
    /** Layers in which nothing helped and that have not changed since. */
    private final BitSet settled = new BitSet();
    private final FixedSequence random = new FixedSequence();
    private final RandomChange randomChange;
    private final boolean savesMoves;
    private double bestCost;
    private int bestLength;

    /**
     * On a state.
     *
     * @param mostMoves       moves that the state may have in the end
     * @param mostEvaluations changes that may be tried
     */
    LocalSearch(final SearchState state, final int mostMoves, final long mostEvaluations) {
        this.state = state;
        this.savesMoves = state.request().current().isPresent()
            && (mostMoves < state.request().totalReplicas() || state.request().movePolicy().costPerMove() > 0);
        this.neighbourhood = new Neighbourhood(state, mostMoves, mostEvaluations);
        this.randomChange = new RandomChange(state, random);
        this.bestCost = state.exactCost();
    }

    /** Improves the state as far as it can; returns its cost. */
    double run() {
        final double layers = state.request().layers();
        state.smooth(true);
        for (double dear = savesMoves ? DEAREST_MOVE_OF_LAYER : 0; dear > CHEAPEST_MOVE_OF_LAYER; dear *= CHEAPER) {
            state.moveCostAtLeast(dear / layers);
            descend(true);
        }
        state.moveCostAtLeast(0);
        descend(true);
        state.smooth(false);
        descend(false);
        backToBest();
        return bestCost;
    }

    /**
     * Looks on from what it has come to, layer by layer: random changes, from where the search comes out better or
     * goes back, until too many in turn were in vain. Only where nothing but load counts. Returns the cost.
     */
    double shake() {
        final int layers = state.request().layers();
        for (int layer = 0; layer < layers && !savesMoves && !state.hasTraffic(); layer++) {
            neighbourhood.allow(Math.max(LEAST_SHAKEN, SHAKEN_PER_REPLICA * state.request().totalReplicas()) / layers);
            int inVain = 0;
            while (inVain < MOST_SHAKES_IN_VAIN && !neighbourhood.isExhausted()
                && state.largest(layer) > WORTH_SHAKING * state.mean(layer)) {
                final double before = bestCost;
                shake(layer);
                inVain = bestCost < before - LEAST_GAIN_OF_LAYER / layers ? 0 : inVain + 1;
            }
        }
        return bestCost;
    }

    private void shake(final int layer) {
        final int changes = 1 + random.next(MOST_CHANGES_OF_SHAKE);
        for (int change = 0; change < changes; change++) {
            randomChange.make(layer, mostLoaded(layer, new boolean[state.request().hosts()]));
            state.commit();
            history.add(state.journal().copy());
        }
        state.smooth(true);
        relieve(layer);
        state.smooth(false);
        relieve(layer);
        backToBest();
    }

    private void backToBest() {
        while (history.size() > bestLength) {
            state.begin();
            Journal.replay(history.removeLast(), true, state);
            state.commit();
        }
    }

    private void descend(final boolean smooth) {
        settled.clear();
        final int layers = state.request().layers();
        final int mostPasses = state.hasTraffic() ? MOST_PASSES_WITH_TRAFFIC : MOST_PASSES;
        for (int pass = 0; pass < mostPasses && settled.cardinality() < layers; pass++) {
            for (int layer = 0; layer < layers && !neighbourhood.isExhausted(); layer++) {
                if (!settled.get(layer)) {
                    settled.set(layer);
                    improve(layer, smooth);
                }
            }
        }
    }

    private void improve(final int layer, final boolean smooth) {
        if (state.crowded() > 0) {
            spreadOverDomains(layer);
        }
        relieve(layer);
        if (smooth && state.hasTraffic()) {
            bringTogether(layer);
        }
    }

    /** The most loaded hosts first; after each change it is seen anew which they are. */
    private void relieve(final int layer) {
        final boolean[] relieved = new boolean[state.request().hosts()];
        for (int i = 0; i < HOSTS_TO_RELIEVE && state.largest(layer) > NEAR_ENOUGH * state.mean(layer);) {
            final int host = mostLoaded(layer, relieved);
            if (host < 0) {
                return;
            }
            neighbourhood.start();
            neighbourhood.relieve(layer, host);
            if (take(LEAST_GAIN_OF_LAYER)) {
                Arrays.fill(relieved, false);
                i = 0;
            } else {
                relieved[host] = true;
                i++;
            }
        }
    }

    private int mostLoaded(final int layer, final boolean[] excluded) {
        int most = -1;
        for (int host = 0; host < excluded.length; host++) {
            if (!excluded[host] && state.held(layer, host) > 0
                && (most < 0 || state.time(layer, host) > state.time(layer, most))) {
                most = host;
            }
        }
        return most;
    }

    private void spreadOverDomains(final int layer) {
        final int experts = state.request().experts();
        for (int expert = layer * experts; expert < (layer + 1) * experts; expert++) {
            boolean again = state.isCrowded(expert);
            while (again) {
                neighbourhood.start();
                for (int replica = 0; replica < state.replicas(expert); replica++) {
                    neighbourhood.moveAnywhere(expert, state.host(expert, replica));
                }
                again = take(LEAST_GAIN_OF_LAYER) && state.isCrowded(expert);
            }
        }
    }

    private void bringTogether(final int layer) {
        final int experts = state.request().experts();
        for (int expert = layer * experts; expert < (layer + 1) * experts; expert++) {
            for (int replica = 0; replica < state.replicas(expert); replica++) {
                neighbourhood.start();
                neighbourhood.moveToPartners(expert, state.host(expert, replica));
                take(LEAST_GAIN_OF_TRAFFIC);
            }
        }
    }

    private boolean take(final double leastGainOfLayer) {
        final int[] change = neighbourhood.best();
        if (change.length == 0 || neighbourhood.gain() < leastGainOfLayer / state.request().layers()) {
            return false;
        }
        state.begin();
        Journal.replay(change, false, state);
        state.commit();
        history.add(change);
        for (int i = 0; i < state.journal().touched(); i++) {
            settled.clear(state.journal().layer(i));
        }
        final double cost = state.exactCost();
        if (cost < bestCost) {
            bestCost = cost;
            bestLength = history.size();
        }
        return true;
    }
}
