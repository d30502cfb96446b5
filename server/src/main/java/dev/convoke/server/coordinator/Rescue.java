package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Experts that were served and are not any more, because all hosts that held them are gone: each is given to a host
 * that is there and has room, by rendezvous hashing (Thaler and Ravishankar, 1998), so that the experts of a host that
 * died spread over all the others. Part of the state.
 */
final class Rescue {
    private final HostView[] hosts;
    private final Members members;
    /** Since the beginning; hosts that have not come up yet are no reason to move their experts. */
    private final BitSet everServed = new BitSet();
    private final Map<Integer, Integer> hostOfExpert = new TreeMap<>();
    private boolean changed;

    Rescue(final HostView[] hosts, final Members members) {
        this.hosts = hosts;
        this.members = members;
    }

    void clear() {
        everServed.clear();
        hostOfExpert.clear();
    }

    /**
     * Looks for experts that nobody serves; returns where those shall go that are newly found.
     *
     * @param planned replicas that a move under way has yet to load on each host
     */
    List<Step> choose(final Placement placement, final int[] planned) {
        final List<Step> chosen = new ArrayList<>();
        for (int expert = 0; expert < placement.layers() * placement.experts(); expert++) {
            if (members.isServed(placement, expert)) {
                changed |= !everServed.get(expert) || hostOfExpert.remove(expert) != null;
                everServed.set(expert);
            } else if (everServed.get(expert) && !isUnderWay(expert)) {
                final int host = highest(placement, planned, expert);
                changed |= hostOfExpert.remove(expert) != null;
                if (host >= 0) {
                    hostOfExpert.put(expert, host);
                    chosen.add(step(placement, expert, host));
                    changed = true;
                }
            }
        }
        return chosen;
    }

    private static Step step(final Placement placement, final int expert, final int host) {
        return new Step(expert / placement.experts(), expert % placement.experts(), host);
    }

    /** Whether a host that is there was told to load it and has not failed to. */
    private boolean isUnderWay(final int expert) {
        final Integer host = hostOfExpert.get(expert);
        return host != null && hosts[host].isSeen() && !hosts[host].failed().containsKey(expert);
    }

    /** One that has it already, else the highest hash of those that can take it, drained ones last; or -1. */
    private int highest(final Placement placement, final int[] planned, final int expert) {
        int best = -1;
        for (int host = 0; host < hosts.length; host++) {
            final HostView view = hosts[host];
            final boolean can = view.isSeen() && wanted(placement, host) + planned[host] < view.room()
                && !view.failed().containsKey(expert) && !view.freeing().get(expert);
            if (can && (best < 0 || isBefore(expert, host, best))) {
                best = host;
            }
        }
        return best;
    }

    /** What a host shall hold already, whether or not it does. */
    private int wanted(final Placement placement, final int host) {
        int wanted = of(host).cardinality();
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                wanted += placement.holds(host, layer, expert) ? 1 : 0;
            }
        }
        return wanted;
    }

    private boolean isBefore(final int expert, final int host, final int other) {
        if (hosts[host].serves(expert) != hosts[other].serves(expert)) {
            return hosts[host].serves(expert);
        }
        return hosts[host].isDrained() == hosts[other].isDrained() ? hash(expert, host) > hash(expert, other)
            : hosts[other].isDrained();
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long hash(final int expert, final int host) {
        long mixed = (((long)expert << Integer.SIZE) + host) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    /** What has been loaded and can be placed; it is no longer to be rescued. */
    List<Step> takeDone(final Placement placement) {
        final List<Step> done = new ArrayList<>();
        hostOfExpert.entrySet().removeIf(entry -> {
            final int expert = entry.getKey();
            final int host = entry.getValue();
            final boolean loaded = hosts[host].serves(expert);
            if (loaded && !placement.holds(host, expert / placement.experts(), expert % placement.experts())) {
                done.add(step(placement, expert, host));
            }
            return loaded;
        });
        changed |= !done.isEmpty();
        return done;
    }

    /** Whether this part of the state changed since it was asked last. */
    boolean takeChanged() {
        final boolean was = changed;
        changed = false;
        return was;
    }

    /** What a host shall load. */
    BitSet of(final int host) {
        final BitSet experts = new BitSet();
        hostOfExpert.forEach((expert, its) -> experts.set(expert, its == host || experts.get(expert)));
        return experts;
    }

    /** All there is. */
    @Override
    public String toString() {
        return "served so far " + everServed + ", to be rescued " + hostOfExpert;
    }
}
