package dev.convoke.loadbalance.balanced;

import java.util.Arrays;

/**
 * Single changes of a placement, tried one after the other; the best is kept. All of them leave the number of replicas
 * as it is, or add one while fewer are placed than asked for:
 * <ul>
 * <li>a replica moves to a host with room;</li>
 * <li>two replicas of two hosts change places, of one layer or of two, so that memory stays full;</li>
 * <li>an expert gets a replica in place of one of an expert that has more than the least;</li>
 * <li>a replica of an expert gives way to one of another on the same host.</li>
 * </ul>
 */
final class Neighbourhood {
    /** Layers beside its own that a change may reach into. */
    private static final int OTHER_LAYERS = 8;
    /** Hosts that an expert is tried on for the sake of those it is chosen with. */
    private static final int HOSTS_OF_PARTNERS = 3;
    private static final int NONE = -1;

    private final SearchState state;
    private final int layers;
    private final int experts;
    private final int hosts;
    private final int least;
    private final int mostReplicas;
    private final int mostMoves;
    private final boolean[] usable;
    private final int[] partners;
    private final int[] spares;
    private final double[] affinities;
    private int spareExpert;
    private int spareHost;
    private long evaluationsLeft;
    private double costBefore;
    private int movesBefore;
    private double bestCost;
    private int[] best = {};

    Neighbourhood(final SearchState state, final int mostMoves, final long mostEvaluations) {
        this.state = state;
        this.layers = state.request().layers();
        this.experts = state.request().experts();
        this.hosts = state.request().hosts();
        this.least = state.request().leastReplicas();
        this.mostReplicas = state.request().totalReplicas();
        this.mostMoves = mostMoves;
        this.usable = new boolean[hosts];
        for (int host = 0; host < hosts; host++) {
            usable[host] = state.request().capacity(host).replicas() > 0;
        }
        this.evaluationsLeft = mostEvaluations;
        this.partners = new int[hosts];
        this.spares = new int[hosts];
        this.affinities = new double[hosts];
    }

    /** Forgets the best change; the state is as it shall be compared with. */
    void start() {
        state.begin();
        costBefore = state.cost();
        movesBefore = state.moves();
        bestCost = costBefore;
        best = new int[0];
    }

    /** The best change so far, as {@link Journal#copy}; empty if none helps. */
    int[] best() {
        return best;
    }

    /** How much it lowers the cost. */
    double gain() {
        return costBefore - bestCost;
    }

    /** Whether as much has been tried as may be. */
    boolean isExhausted() {
        return evaluationsLeft <= 0;
    }

    /** So many changes may be tried from now on. */
    void allow(final long mostEvaluations) {
        evaluationsLeft = mostEvaluations;
    }

    private void offer() {
        evaluationsLeft--;
        final double cost = state.cost();
        if (cost < bestCost && (state.moves() <= mostMoves || state.moves() <= movesBefore)) {
            bestCost = cost;
            best = state.journal().copy();
        }
        state.rollback();
    }

    /** Changes that make the time of a host in a layer smaller. */
    void relieve(final int layer, final int from) {
        findPartners(layer, from);
        findSpares(layer);
        for (int i = 0; i < state.held(layer, from); i++) {
            final int expert = state.expert(layer, from, i);
            for (int to = 0; to < hosts; to++) {
                if (usable[to] && !state.holds(to, expert)) {
                    moveForLighter(layer, expert, from, to);
                    replicate(layer, expert, from, to);
                }
            }
            if (state.replicas(expert) > least) {
                replace(layer, expert, from);
            }
        }
    }

    /** Into free memory, or against a replica there that is lighter, as far as neither host ends up above this one. */
    private void moveForLighter(final int layer, final int expert, final int from, final int to) {
        final double limit = state.time(layer, from);
        final double after = state.time(layer, to) + state.weight(expert)
            / (state.speedOf(expert) - state.speed(from) + state.speed(to));
        if (state.free(to) > 0 && after < limit) {
            relocate(expert, from, to);
        } else if (after < limit && partners[to] != NONE) {
            exchange(expert, from, partners[to], to);
        }
        for (int i = 0; i < state.held(layer, to); i++) {
            final int other = state.expert(layer, to, i);
            if (!state.holds(from, other) && state.share(other) < state.share(expert)
                && after - state.share(other) < limit) {
                exchange(expert, from, other, to);
            }
        }
    }

    /** One more replica there: in free memory, or in place of one that its expert can spare. */
    private void replicate(final int layer, final int expert, final int from, final int to) {
        final double after = state.time(layer, to) + state.weight(expert) / (state.speedOf(expert) + state.speed(to));
        final double limit = state.time(layer, from);
        if (state.free(to) > 0) {
            if (after < limit) {
                addInPlaceOf(expert, to, spareExpert, spareHost);
            }
            return;
        }
        if (after < limit && spares[to] != NONE) {
            addInPlaceOf(expert, to, spares[to], to);
        }
        for (int i = 0; i < state.held(layer, to); i++) {
            final int other = state.expert(layer, to, i);
            if (state.replicas(other) > least && after - state.share(other) < limit) {
                addInPlaceOf(expert, to, other, to);
            }
        }
    }

    private void addInPlaceOf(final int expert, final int to, final int other, final int host) {
        final boolean addition = state.total() < mostReplicas && state.free(to) > 0;
        if (!addition && (other == NONE || other == expert)) {
            return;
        }
        state.begin();
        if (!addition) {
            state.remove(other, host);
        }
        state.add(expert, to);
        offer();
    }

    /** This replica gives way to one of an expert that loads another host of this layer, or of others. */
    private void replace(final int layer, final int expert, final int host) {
        for (int step = 0; step <= Math.min(OTHER_LAYERS, layers - 1); step++) {
            final int other = (layer + step) % layers;
            final int busiest = busiest(other, step == 0 ? host : NONE);
            for (int i = 0; busiest != NONE && i < state.held(other, busiest); i++) {
                final int candidate = state.expert(other, busiest, i);
                if (candidate != expert && !state.holds(host, candidate)) {
                    state.begin();
                    state.remove(expert, host);
                    state.add(candidate, host);
                    offer();
                }
            }
        }
    }

    private int busiest(final int layer, final int excluded) {
        int busiest = NONE;
        for (int host = 0; host < hosts; host++) {
            if (host != excluded && state.held(layer, host) > 0
                && (busiest == NONE || state.time(layer, host) > state.time(layer, busiest))) {
                busiest = host;
            }
        }
        return busiest;
    }

    /** For each host the replica of another layer that it can best give to this one. */
    private void findPartners(final int layer, final int taker) {
        Arrays.fill(partners, NONE);
        final double[] least = new double[hosts];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        for (int step = 1; step <= Math.min(OTHER_LAYERS, layers - 1); step++) {
            final int other = (layer + step) % layers;
            final double largest = state.largest(other);
            final double before = state.time(other, taker);
            for (int host = 0; host < hosts; host++) {
                for (int i = 0; host != taker && i < state.held(other, host); i++) {
                    final int candidate = state.expert(other, host, i);
                    final double after = (before + state.share(candidate)) / largest;
                    if (after < least[host] && !state.holds(taker, candidate)) {
                        least[host] = after;
                        partners[host] = candidate;
                    }
                }
            }
        }
    }

    /** For each host, and of all, the replica of another layer that its expert can best spare; of all also of this. */
    private void findSpares(final int layer) {
        Arrays.fill(spares, NONE);
        spareExpert = NONE;
        double leastOfAll = Double.POSITIVE_INFINITY;
        final double[] leastOfHost = new double[hosts];
        Arrays.fill(leastOfHost, Double.POSITIVE_INFINITY);
        for (int step = 0; step <= Math.min(OTHER_LAYERS, layers - 1); step++) {
            final int other = (layer + step) % layers;
            final double largest = state.largest(other);
            for (int candidate = other * experts; candidate < (other + 1) * experts; candidate++) {
                for (int replica = 0; state.replicas(candidate) > least && replica < state.replicas(candidate);
                    replica++) {
                    final int host = state.host(candidate, replica);
                    final double harm = timeWithout(candidate, host) / largest;
                    if (step > 0 && harm < leastOfHost[host]) {
                        leastOfHost[host] = harm;
                        spares[host] = candidate;
                    }
                    if (harm < leastOfAll) {
                        leastOfAll = harm;
                        spareExpert = candidate;
                        spareHost = host;
                    }
                }
            }
        }
    }

    /** The largest time of the other hosts of an expert if this one loses it. */
    private double timeWithout(final int expert, final int host) {
        final double more = state.weight(expert) / (state.speedOf(expert) - state.speed(host)) - state.share(expert);
        double largest = 0;
        for (int replica = 0; replica < state.replicas(expert); replica++) {
            final int other = state.host(expert, replica);
            if (other != host) {
                largest = Math.max(largest, state.time(expert / experts, other) + more);
            }
        }
        return largest;
    }

    /** A replica to any host with room, or against any of its layer, whatever that does to times. */
    void moveAnywhere(final int expert, final int from) {
        findPartners(expert / experts, from);
        for (int to = 0; to < hosts; to++) {
            if (usable[to] && !state.holds(to, expert)) {
                moveFreely(expert, from, to);
            }
        }
    }

    /** A replica to one of the hosts whose experts are most chosen together with it. */
    void moveToPartners(final int expert, final int from) {
        state.affinities(expert, affinities);
        findPartners(expert / experts, from);
        final double here = affinities[from];
        for (int i = 0; i < HOSTS_OF_PARTNERS; i++) {
            int nearest = NONE;
            for (int host = 0; host < hosts; host++) {
                if (affinities[host] > here && usable[host] && !state.holds(host, expert)
                    && (nearest == NONE || affinities[host] > affinities[nearest])) {
                    nearest = host;
                }
            }
            if (nearest == NONE) {
                return;
            }
            moveFreely(expert, from, nearest);
            affinities[nearest] = 0;
        }
    }

    private void moveFreely(final int expert, final int from, final int to) {
        if (state.free(to) > 0) {
            relocate(expert, from, to);
        } else if (partners[to] != NONE) {
            exchange(expert, from, partners[to], to);
        }
        for (int i = 0; i < state.held(expert / experts, to); i++) {
            final int other = state.expert(expert / experts, to, i);
            if (!state.holds(from, other)) {
                exchange(expert, from, other, to);
            }
        }
    }

    private void relocate(final int expert, final int from, final int to) {
        state.begin();
        state.move(expert, from, to);
        offer();
    }

    private void exchange(final int expert, final int from, final int other, final int to) {
        state.begin();
        state.move(expert, from, to);
        state.move(other, to, from);
        offer();
    }
}
