package dev.convoke.routing;

import java.util.Arrays;

/**
 * The experts that one exchange wants rows of, the hosts that may compute each, and how many of its rows each host was
 * allotted. Items are numbered from 0 in ascending order of experts. Allocated once and reused.
 */
public final class ReplicaDemand {
    private final int[] expert;
    private final int[] rows;
    private final int[] first;
    private final int[] host;
    private final int[] allotted;
    private int experts;

    /**
     * Allocates.
     *
     * @param mostExperts logical experts of a layer
     * @param hosts       of the deployment
     */
    public ReplicaDemand(final int mostExperts, final int hosts) {
        expert = new int[mostExperts];
        rows = new int[mostExperts];
        first = new int[mostExperts + 1];
        host = new int[mostExperts * hosts];
        allotted = new int[mostExperts * hosts];
    }

    /** Forgets everything. */
    public void clear() {
        experts = 0;
    }

    /** Opens the next item, which has no replica yet. */
    public void add(final int expertIndex, final int rowCount) {
        expert[experts] = expertIndex;
        rows[experts] = rowCount;
        first[experts + 1] = first[experts];
        experts++;
    }

    /** Adds a replica to the item opened last; those that are preferred come first. */
    public void addReplica(final int hostIndex) {
        final int next = first[experts]++;
        host[next] = hostIndex;
        allotted[next] = 0;
    }

    /** Takes back the item opened last. */
    public void removeLast() {
        experts--;
    }

    /** How many items there are. */
    public int experts() {
        return experts;
    }

    /** The expert of an item. */
    public int expert(final int item) {
        return expert[item];
    }

    /** How many rows want it. */
    public int rows(final int item) {
        return rows[item];
    }

    /** How many hosts may compute it. */
    public int replicas(final int item) {
        return first[item + 1] - first[item];
    }

    /** The host of a replica. */
    public int host(final int item, final int replica) {
        return host[first[item] + replica];
    }

    /** How many rows of the item the replica computes. */
    public int allotted(final int item, final int replica) {
        return allotted[first[item] + replica];
    }

    /** Gives all rows of an item to one replica. */
    public void allotAll(final int item, final int replica) {
        Arrays.fill(allotted, first[item], first[item + 1], 0);
        allotted[first[item] + replica] = rows[item];
    }

    /**
     * Moves rows from replicas that were allotted more than so many to those of the same item with the fewest, of
     * equals the preferred one; what no replica has room for stays. Returns how many rows moved.
     */
    int spill(final int mostRows) {
        int spilled = 0;
        for (int item = 0; item < experts; item++) {
            for (int replica = first[item]; replica < first[item + 1]; replica++) {
                int emptiest = emptiest(item);
                while (allotted[replica] > mostRows && allotted[emptiest] < mostRows) {
                    final int moved = Math.min(allotted[replica] - mostRows, mostRows - allotted[emptiest]);
                    allotted[replica] -= moved;
                    allotted[emptiest] += moved;
                    spilled += moved;
                    emptiest = emptiest(item);
                }
            }
        }
        return spilled;
    }

    private int emptiest(final int item) {
        int emptiest = first[item];
        for (int replica = first[item] + 1; replica < first[item + 1]; replica++) {
            emptiest = allotted[replica] < allotted[emptiest] ? replica : emptiest;
        }
        return emptiest;
    }

    /** Gives more rows of an item to a replica. */
    public void allot(final int item, final int replica, final int rowCount) {
        allotted[first[item] + replica] += rowCount;
    }
}
