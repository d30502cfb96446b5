package dev.convoke.loadbalance;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.MovePlan.Phase;
import dev.convoke.loadbalance.MovePlan.Step;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Orders the differences of two placements so that memory suffices and no expert is ever without a replica. */
final class MovePlanner {
    private static final int NONE = -1;

    private final int layers;
    private final int experts;
    private final int[] free;
    private final int[] loadsOfExpert;
    private final int[] loadsOfHost;
    private final List<Set<Integer>> hostsOfExpert = new ArrayList<>();
    /** What the next placement adds. */
    private final Set<Step> loads = new LinkedHashSet<>();
    /** What gave way although the next placement has it; loaded last. */
    private final Set<Step> reloads = new LinkedHashSet<>();
    private final Set<Step> drops = new LinkedHashSet<>();
    private final List<Phase> phases = new ArrayList<>();

    MovePlanner(final Placement current, final Placement next, final List<HostCapacity> memory) {
        if (current.layers() != next.layers() || current.experts() != next.experts()
            || current.hosts() > next.hosts() || memory.size() != next.hosts()) {
            throw new IllegalArgumentException("no moves from " + current + " to " + next + " with the memory of "
                + memory.size() + " hosts");
        }
        this.layers = current.layers();
        this.experts = current.experts();
        this.free = memory.stream().mapToInt(HostCapacity::replicas).toArray();
        this.loadsOfExpert = new int[layers * experts];
        this.loadsOfHost = new int[free.length];
        requireRoom(next);
        for (int layer = 0; layer < layers; layer++) {
            for (int expert = 0; expert < experts; expert++) {
                compare(layer, expert, current, next);
            }
        }
    }

    private void requireRoom(final Placement next) {
        final int[] held = new int[free.length];
        for (int layer = 0; layer < layers; layer++) {
            for (int expert = 0; expert < experts; expert++) {
                for (int replica = 0; replica < next.replicas(layer, expert); replica++) {
                    held[next.host(layer, expert, replica)]++;
                }
            }
        }
        for (int host = 0; host < held.length; host++) {
            if (held[host] > free[host]) {
                throw new ConfigurationException("The new placement puts " + held[host] + " replicas on host " + host
                    + ", which has memory for " + free[host] + "; plan with the memory that there is.");
            }
        }
    }

    private void compare(final int layer, final int expert, final Placement current, final Placement next) {
        final Set<Integer> hosts = new LinkedHashSet<>();
        for (int replica = 0; replica < current.replicas(layer, expert); replica++) {
            final int host = current.host(layer, expert, replica);
            hosts.add(host);
            free[host]--;
            if (!next.holds(host, layer, expert)) {
                drops.add(new Step(layer, expert, host));
            }
        }
        for (int replica = 0; replica < next.replicas(layer, expert); replica++) {
            final int host = next.host(layer, expert, replica);
            if (!hosts.contains(host)) {
                loads.add(new Step(layer, expert, host));
                loadsOfExpert[layer * experts + expert]++;
                loadsOfHost[host]++;
            }
        }
        hostsOfExpert.add(hosts);
    }

    List<Phase> plan() {
        while (!loads.isEmpty() || !reloads.isEmpty() || !drops.isEmpty()) {
            final List<Step> loaded = new ArrayList<>();
            final List<Step> dropped = new ArrayList<>();
            loadWhatFits(loaded);
            for (final Step drop : List.copyOf(drops)) {
                if (isReplaced(drop)) {
                    drops.remove(drop);
                    drop(drop, dropped);
                }
            }
            if (loaded.isEmpty() && dropped.isEmpty()) {
                makeRoom(loaded, dropped);
            }
            phases.add(new Phase(loaded, dropped));
        }
        return phases;
    }

    private void loadWhatFits(final List<Step> loaded) {
        for (final Step load : List.copyOf(loads)) {
            if (free[load.host()] > 0) {
                loads.remove(load);
                loadsOfExpert[index(load)]--;
                loadsOfHost[load.host()]--;
                load(load, loaded);
            }
        }
        for (final Step reload : loads.isEmpty() ? List.copyOf(reloads) : List.<Step>of()) {
            if (free[reload.host()] > 0) {
                reloads.remove(reload);
                load(reload, loaded);
            }
        }
    }

    private void load(final Step step, final List<Step> loaded) {
        hostsOfExpert.get(index(step)).add(step.host());
        free[step.host()]--;
        loaded.add(step);
    }

    private void drop(final Step step, final List<Step> dropped) {
        hostsOfExpert.get(index(step)).remove(step.host());
        free[step.host()]++;
        dropped.add(step);
    }

    private int index(final Step step) {
        return step.layer() * experts + step.expert();
    }

    private boolean hasOthers(final Step step) {
        return hostsOfExpert.get(index(step)).size() > 1;
    }

    private boolean isReplaced(final Step drop) {
        return hasOthers(drop) && loadsOfExpert[index(drop)] == 0;
    }

    /**
     * Every load waits for a full host. In order of preference: a replica there that has others goes before it is
     * replaced; one goes to a host with memory for the time being; one that shall stay gives way and is loaded again
     * in the end, there or, so that there is memory for the time being, elsewhere.
     */
    private void makeRoom(final List<Step> loaded, final List<Step> dropped) {
        for (final Step drop : drops) {
            if (loadsOfHost[drop.host()] > 0 && hasOthers(drop)) {
                drops.remove(drop);
                drop(drop, dropped);
                return;
            }
        }
        for (final Step drop : drops) {
            final int refuge = loadsOfHost[drop.host()] > 0 ? refuge(drop) : NONE;
            if (refuge != NONE) {
                final Step stay = new Step(drop.layer(), drop.expert(), refuge);
                load(stay, loaded);
                drops.remove(drop);
                drop(drop, dropped);
                drops.add(stay);
                return;
            }
        }
        Step spare = spare(true);
        if (spare == null) {
            spare = spare(false);
        }
        if (spare == null) {
            throw new ConfigurationException("Replicas cannot change places because all hosts are full and each expert "
                + "has but one; leave memory for one more replica on some host.");
        }
        drop(spare, dropped);
        reloads.add(spare);
    }

    private int refuge(final Step drop) {
        for (int host = 0; host < free.length; host++) {
            if (free[host] > 0 && !hostsOfExpert.get(index(drop)).contains(host)) {
                return host;
            }
        }
        return NONE;
    }

    private Step spare(final boolean onHostThatIsWaitedFor) {
        for (int expert = 0; expert < hostsOfExpert.size(); expert++) {
            for (final int host : hostsOfExpert.get(expert)) {
                if (hostsOfExpert.get(expert).size() > 1 && loadsOfHost[host] > 0 == onHostThatIsWaitedFor) {
                    return new Step(expert / experts, expert % experts, host);
                }
            }
        }
        return null;
    }
}
