package dev.convoke.loadbalance;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The way from one placement to another: phases, in each of which hosts first load replicas and then drop others. After
 * the loads of a phase all its replicas fit into memory together; before its drops a placement without them can be
 * published. Every expert has a replica at every moment. Immutable.
 *
 * @param phases in order; none where nothing changes
 */
public record MovePlan(List<Phase> phases) {
    /** Copies. */
    public MovePlan {
        phases = List.copyOf(phases);
    }

    /** One replica that a host loads or drops. */
    public record Step(int layer, int expert, int host) {
        @Override
        public String toString() {
            return "layer " + layer + " expert " + expert + " on host " + host;
        }
    }

    /**
     * What may happen at the same time, as far as hosts can do it.
     *
     * @param loads first
     * @param drops when the loads are done
     */
    public record Phase(List<Step> loads, List<Step> drops) {
        /** Copies. */
        public Phase {
            loads = List.copyOf(loads);
            drops = List.copyOf(drops);
        }
    }

    /**
     * The shortest way, where memory allows it: only what the placements differ in, and a replica is dropped when the
     * new ones of its expert are loaded. Where hosts are full, a replica may have to go before that if its expert has
     * others, or experts may be held for a while by a host that the new placement does not name.
     *
     * @param current of as many hosts as the next, or fewer
     * @param memory  of the hosts while replicas are moved
     */
    public static MovePlan between(final Placement current, final Placement next, final List<HostCapacity> memory) {
        return new MovePlan(new MovePlanner(current, next, memory).plan());
    }

    /** Replicas to load, in all phases. */
    public int loads() {
        return phases.stream().mapToInt(phase -> phase.loads().size()).sum();
    }

    /** Replicas to drop, in all phases. */
    public int drops() {
        return phases.stream().mapToInt(phase -> phase.drops().size()).sum();
    }

    /** Whether nothing changes. */
    public boolean isEmpty() {
        return phases.isEmpty();
    }

    /**
     * The placement to publish when the loads of a phase are done: what was before, with them and without its drops.
     *
     * @param before in force until then
     * @param hosts  of the new placement
     */
    public static Placement after(final Placement before, final Phase phase, final long epoch, final int hosts) {
        final int[][] hostsOfExpert = new int[before.layers() * before.experts()][];
        for (int layer = 0; layer < before.layers(); layer++) {
            for (int expert = 0; expert < before.experts(); expert++) {
                final int[] replicas = new int[before.replicas(layer, expert)];
                for (int replica = 0; replica < replicas.length; replica++) {
                    replicas[replica] = before.host(layer, expert, replica);
                }
                hostsOfExpert[layer * before.experts() + expert] = replicas;
            }
        }
        for (final Step load : phase.loads()) {
            final int index = load.layer() * before.experts() + load.expert();
            hostsOfExpert[index] =
                IntStream.concat(Arrays.stream(hostsOfExpert[index]), IntStream.of(load.host())).toArray();
        }
        for (final Step drop : phase.drops()) {
            final int index = drop.layer() * before.experts() + drop.expert();
            hostsOfExpert[index] =
                Arrays.stream(hostsOfExpert[index]).filter(host -> host != drop.host()).toArray();
        }
        return new Placement(epoch, before.layers(), before.experts(), hosts, hostsOfExpert);
    }
}
