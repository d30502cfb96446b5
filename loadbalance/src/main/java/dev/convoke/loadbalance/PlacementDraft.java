package dev.convoke.loadbalance;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A placement in the making, which keeps what every placement must keep: no host twice for one expert, none beyond its
 * memory. {@link #complete()} adds whatever a request asks for and the draft lacks, so that an algorithm need only
 * place what it has an opinion on. Not thread-safe.
 */
public final class PlacementDraft {
    private static final int NONE = -1;

    private final PlacementRequest request;
    private final int[][] hostsOfExpert;
    private final BitSet[] heldByHost;
    private final int[] free;
    private int total;

    /** Empty. */
    public PlacementDraft(final PlacementRequest request) {
        this.request = request;
        this.hostsOfExpert = new int[request.layers() * request.experts()][0];
        this.heldByHost = new BitSet[request.hosts()];
        Arrays.setAll(heldByHost, host -> new BitSet(hostsOfExpert.length));
        this.free = request.capacities().stream().mapToInt(HostCapacity::replicas).toArray();
    }

    /** With the replicas of the current placement that their hosts still have memory for. */
    public static PlacementDraft ofCurrent(final PlacementRequest request) {
        final PlacementDraft draft = new PlacementDraft(request);
        request.current().ifPresent(draft::addAll);
        return draft;
    }

    /** First replicas before second ones, so that where memory shrank it is the second that go. */
    private void addAll(final Placement placement) {
        int most = 1;
        for (int replica = 0; replica < most; replica++) {
            for (int expert = 0; expert < hostsOfExpert.length; expert++) {
                final int layer = expert / request.experts();
                final int index = expert % request.experts();
                final int replicas = placement.replicas(layer, index);
                most = Math.max(most, replicas);
                if (replica < replicas && canHold(layer, index, placement.host(layer, index, replica))) {
                    add(layer, index, placement.host(layer, index, replica));
                }
            }
        }
    }

    /** Whether a host has memory for one more replica and no replica of the expert. */
    public boolean canHold(final int layer, final int expert, final int host) {
        return free[host] > 0 && !holds(layer, expert, host);
    }

    /** Whether a host has a replica of an expert. */
    public boolean holds(final int layer, final int expert, final int host) {
        return heldByHost[host].get(layer * request.experts() + expert);
    }

    /** Replicas of an expert so far. */
    public int replicas(final int layer, final int expert) {
        return hostsOfExpert[layer * request.experts() + expert].length;
    }

    /** The hosts of an expert so far, in the order they were added. */
    public int[] hosts(final int layer, final int expert) {
        return hostsOfExpert[layer * request.experts() + expert].clone();
    }

    /** Replicas that still fit on a host. */
    public int free(final int host) {
        return free[host];
    }

    /** Replicas of all experts so far. */
    public int total() {
        return total;
    }

    /** Adds a replica that the host {@linkplain #canHold can hold}. */
    public void add(final int layer, final int expert, final int host) {
        if (!canHold(layer, expert, host)) {
            throw new IllegalArgumentException("host " + host + " cannot hold layer " + layer + " expert " + expert);
        }
        put(layer * request.experts() + expert, host);
    }

    private void put(final int expert, final int host) {
        final int[] before = hostsOfExpert[expert];
        hostsOfExpert[expert] = Arrays.copyOf(before, before.length + 1);
        hostsOfExpert[expert][before.length] = host;
        heldByHost[host].set(expert);
        free[host]--;
        total++;
    }

    /** Removes a replica. */
    public void drop(final int layer, final int expert, final int host) {
        final int index = layer * request.experts() + expert;
        if (!heldByHost[host].get(index)) {
            throw new IllegalArgumentException("host " + host + " does not hold layer " + layer + " expert " + expert);
        }
        take(index, host);
    }

    private void take(final int expert, final int host) {
        hostsOfExpert[expert] = Arrays.stream(hostsOfExpert[expert]).filter(other -> other != host).toArray();
        heldByHost[host].clear(expert);
        free[host]++;
        total--;
    }

    /**
     * Adds a replica wherever there is room, the emptiest host first; where no host has both memory and no replica of
     * the expert, others make way if they can (an augmenting path, the shortest).
     *
     * @return false if that is impossible, and then nothing has changed
     */
    public boolean tryAdd(final int layer, final int expert) {
        final int index = layer * request.experts() + expert;
        int emptiest = NONE;
        for (int host = 0; host < free.length; host++) {
            if (canHold(layer, expert, host) && (emptiest == NONE || free[host] > free[emptiest])) {
                emptiest = host;
            }
        }
        if (emptiest != NONE) {
            put(index, emptiest);
            return true;
        }
        return makeWay(index);
    }

    private boolean makeWay(final int expert) {
        final int[] cameFrom = new int[free.length];
        final int[] movedExpert = new int[free.length];
        final BitSet seen = new BitSet(free.length);
        final ArrayDeque<Integer> open = new ArrayDeque<>();
        for (int host = 0; host < free.length; host++) {
            if (request.capacity(host).replicas() > 0 && !heldByHost[host].get(expert)) {
                cameFrom[host] = NONE;
                seen.set(host);
                open.add(host);
            }
        }
        while (!open.isEmpty()) {
            final int host = open.poll();
            if (free[host] > 0) {
                shift(expert, host, cameFrom, movedExpert);
                return true;
            }
            for (int next = seen.nextClearBit(0); next < free.length; next = seen.nextClearBit(next + 1)) {
                final int movable = request.capacity(next).replicas() > 0 ? firstOnlyOn(host, next) : NONE;
                if (movable != NONE) {
                    cameFrom[next] = host;
                    movedExpert[next] = movable;
                    seen.set(next);
                    open.add(next);
                }
            }
        }
        return false;
    }

    private int firstOnlyOn(final int host, final int other) {
        final BitSet held = heldByHost[host];
        for (int expert = held.nextSetBit(0); expert >= 0; expert = held.nextSetBit(expert + 1)) {
            if (!heldByHost[other].get(expert)) {
                return expert;
            }
        }
        return NONE;
    }

    private void shift(final int expert, final int end, final int[] cameFrom, final int[] movedExpert) {
        int host = end;
        while (cameFrom[host] != NONE) {
            take(movedExpert[host], cameFrom[host]);
            put(movedExpert[host], host);
            host = cameFrom[host];
        }
        put(expert, host);
    }

    /**
     * Gives every expert the least of its replicas, first one to each, then more, the most loaded first, and drops what
     * is beyond the total. Where there is no room for the least of an expert, extra replicas of others are dropped,
     * those with the least load per replica first.
     */
    public void completeLeast() {
        final Integer[] byLoad = new Integer[hostsOfExpert.length];
        Arrays.setAll(byLoad, expert -> expert);
        Arrays.sort(byLoad, Comparator.comparingDouble(expert -> -weight(expert)));
        for (int level = 1; level <= request.leastReplicas(); level++) {
            for (final int expert : byLoad) {
                while (hostsOfExpert[expert].length < level && !tryAdd(expert)) {
                    dropExtra();
                }
            }
        }
        while (total > request.totalReplicas()) {
            dropExtra();
        }
    }

    /**
     * Adds whatever the request asks for: {@linkplain #completeLeast() the least} of every expert, then extra replicas,
     * always of the expert with the most load per replica.
     */
    public void complete() {
        completeLeast();
        final PriorityQueue<Integer> extras = new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(expert -> -weight(expert) / hostsOfExpert[expert].length)
                .thenComparing(Comparator.naturalOrder()));
        for (int expert = 0; expert < hostsOfExpert.length; expert++) {
            extras.add(expert);
        }
        while (total < request.totalReplicas() && !extras.isEmpty()) {
            final int expert = extras.poll();
            if (tryAdd(expert)) {
                extras.add(expert);
            }
        }
    }

    private void dropExtra() {
        int lightest = NONE;
        for (int expert = 0; expert < hostsOfExpert.length; expert++) {
            final int replicas = hostsOfExpert[expert].length;
            if (replicas > request.leastReplicas() && (lightest == NONE
                || weight(expert) / replicas < weight(lightest) / hostsOfExpert[lightest].length)) {
                lightest = expert;
            }
        }
        if (lightest == NONE) {
            throw new IllegalStateException("no room although memory suffices: " + request);
        }
        take(lightest, hostsOfExpert[lightest][hostsOfExpert[lightest].length - 1]);
    }

    private boolean tryAdd(final int expert) {
        return tryAdd(expert / request.experts(), expert % request.experts());
    }

    private double weight(final int expert) {
        return request.weight(expert / request.experts(), expert % request.experts());
    }

    /** The placement, replicas in the order they were added. */
    public Placement toPlacement() {
        return new Placement(request.epoch(), request.layers(), request.experts(), request.hosts(), hostsOfExpert);
    }
}
