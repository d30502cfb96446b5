package dev.convoke.loadbalance.balanced;

/** A change within a layer that need not help, to look on from elsewhere. It leaves the number of replicas as it is. */
final class RandomChange {
    private final SearchState state;
    private final FixedSequence random;
    private final int experts;
    private final int hosts;
    private final int least;

    RandomChange(final SearchState state, final FixedSequence random) {
        this.state = state;
        this.random = random;
        this.experts = state.request().experts();
        this.hosts = state.request().hosts();
        this.least = state.request().leastReplicas();
    }

    /**
     * Begins a change: a replica of a host changes places with one of another, or an expert that has replicas to spare
     * gives one up for another expert's. If what was drawn is impossible, there is nothing in it.
     */
    void make(final int layer, final int host) {
        state.begin();
        if (random.next(2) == 0) {
            exchange(layer, host);
        } else {
            replace(layer);
        }
    }

    private void exchange(final int layer, final int host) {
        final int to = random.next(hosts);
        if (to == host || state.held(layer, to) == 0) {
            return;
        }
        final int expert = state.expert(layer, host, random.next(state.held(layer, host)));
        final int other = state.expert(layer, to, random.next(state.held(layer, to)));
        if (!state.holds(to, expert) && !state.holds(host, other)) {
            state.move(expert, host, to);
            state.move(other, to, host);
        }
    }

    private void replace(final int layer) {
        final int expert = layer * experts + random.next(experts);
        final int other = layer * experts + random.next(experts);
        final int host = state.host(expert, random.next(state.replicas(expert)));
        if (state.replicas(expert) > least && !state.holds(host, other)) {
            state.remove(expert, host);
            state.add(other, host);
        }
    }
}
