package dev.convoke.loadbalance;

import java.util.List;

/**
 * How many slots each host has in each layer, for algorithms that take layers one by one: as equal as memory and
 * divisibility allow. What is left over goes to other hosts in the next layer.
 */
public final class SlotShares {
    private SlotShares() {
    }

    /**
     * Deals out all replicas.
     *
     * @param total   replicas of all layers
     * @param experts of a layer; no host has more slots in one
     * @return [layers][hosts]
     */
    public static int[][] of(final int total, final int layers, final int experts, final List<HostCapacity> hosts) {
        final int[] ofHost = fill(total, layers * experts, hosts);
        final int[] given = new int[ofHost.length];
        final int[][] slots = new int[layers][ofHost.length];
        for (int layer = 0; layer < layers; layer++) {
            final int ofLayer = (int)((long)total * (layer + 1) / layers - (long)total * layer / layers);
            int dealt = 0;
            for (int host = 0; host < ofHost.length; host++) {
                final int due = (int)((long)ofHost[host] * (layer + 1) / layers) - given[host];
                slots[layer][host] = Math.clamp(due, 0, experts);
                dealt += slots[layer][host];
            }
            for (; dealt < ofLayer; dealt++) {
                final int host = mostBehind(ofHost, given, slots[layer], (layer + 1.0) / layers, experts);
                if (host < 0) {
                    break;
                }
                slots[layer][host]++;
            }
            for (int host = 0; host < ofHost.length; host++) {
                given[host] += slots[layer][host];
            }
        }
        return slots;
    }

    /** As many replicas on every host as fit, the rest on those with more memory. */
    private static int[] fill(final int total, final int most, final List<HostCapacity> hosts) {
        final int[] filled = new int[hosts.size()];
        int left = total;
        int open = hosts.size();
        while (left > 0 && open > 0) {
            final int each = Math.max(1, left / open);
            open = 0;
            for (int host = 0; host < filled.length && left > 0; host++) {
                final int room = Math.min(hosts.get(host).replicas(), most) - filled[host];
                final int taken = Math.min(Math.min(each, room), left);
                filled[host] += taken;
                left -= taken;
                open += taken < room ? 1 : 0;
            }
        }
        return filled;
    }

    private static int mostBehind(final int[] ofHost, final int[] given, final int[] slots, final double part,
        final int experts) {
        int behind = -1;
        double largest = 0;
        for (int host = 0; host < ofHost.length; host++) {
            final double lack = ofHost[host] * part - given[host] - slots[host];
            if (slots[host] < experts && given[host] + slots[host] < ofHost[host] && (behind < 0 || lack > largest)) {
                behind = host;
                largest = lack;
            }
        }
        return behind;
    }
}
