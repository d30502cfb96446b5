package dev.convoke.loadbalance.eplb;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A placement as EPLB and the engines that use it write it. Every host has the same number of physical slots in a
 * layer, host h those from {@code h x slotsPerHost}; in each slot lies an expert, or {@link #NONE}. Immutable.
 *
 * <p>The three maps are: {@code phy2log} [layers][slots], the expert of each slot; {@code log2phy}
 * [layers][experts][most replicas], the slots of each expert, filled up with {@link #NONE}; {@code logcnt}
 * [layers][experts], how many slots an expert has. The first says it all; the others follow from it.
 */
public final class EplbMaps {
    /** No expert, no slot. */
    public static final int NONE = -1;

    private final int experts;
    private final int[][] phy2log;
    private final int[][][] log2phy;
    private final int[][] logcnt;

    private EplbMaps(final int experts, final int[][] phy2log, final int[][][] log2phy) {
        this.experts = experts;
        this.phy2log = phy2log;
        this.log2phy = log2phy;
        this.logcnt = new int[phy2log.length][experts];
        for (int layer = 0; layer < phy2log.length; layer++) {
            for (final int expert : phy2log[layer]) {
                if (expert != NONE) {
                    logcnt[layer][expert]++;
                }
            }
        }
    }

    /**
     * From the first map alone; the slots of an expert are listed in ascending order.
     *
     * @param experts logical experts of a layer, each in at least one slot of every layer
     * @param phy2log [layers][slots]
     */
    public static EplbMaps of(final int experts, final int[][] phy2log) {
        final int[][] copy = checkedSlots(experts, phy2log);
        final List<List<List<Integer>>> slots = new ArrayList<>();
        for (final int[] layer : copy) {
            final List<List<Integer>> slotsOfLayer = new ArrayList<>();
            for (int expert = 0; expert < experts; expert++) {
                slotsOfLayer.add(new ArrayList<>());
            }
            for (int slot = 0; slot < layer.length; slot++) {
                if (layer[slot] != NONE) {
                    slotsOfLayer.get(layer[slot]).add(slot);
                }
            }
            slots.add(slotsOfLayer);
        }
        return new EplbMaps(experts, copy, padded(slots));
    }

    /** From the first two maps, which must agree; the second gives the slots of an expert an order of preference. */
    public static EplbMaps of(final int[][] phy2log, final int[][][] log2phy) {
        if (log2phy.length == 0 || log2phy.length != phy2log.length) {
            throw new ConfigurationException("log2phy has " + log2phy.length + " layers, phy2log " + phy2log.length
                + "; both must have all layers of the model.");
        }
        final int experts = log2phy[0].length;
        final int[][] copy = checkedSlots(experts, phy2log);
        final List<List<List<Integer>>> slots = new ArrayList<>();
        for (int layer = 0; layer < copy.length; layer++) {
            if (log2phy[layer].length != experts) {
                throw new ConfigurationException("log2phy has " + log2phy[layer].length + " experts in layer " + layer
                    + " and " + experts + " in layer 0; all layers must have the same.");
            }
            final List<List<Integer>> slotsOfLayer = new ArrayList<>();
            for (final int[] slotsOfExpert : log2phy[layer]) {
                slotsOfLayer.add(Arrays.stream(slotsOfExpert).filter(slot -> slot != NONE).boxed().toList());
            }
            requireInverse(layer, copy[layer], slotsOfLayer);
            slots.add(slotsOfLayer);
        }
        return new EplbMaps(experts, copy, padded(slots));
    }

    private static int[][] checkedSlots(final int experts, final int[][] phy2log) {
        if (phy2log.length == 0 || phy2log[0].length == 0 || experts < 1) {
            throw new ConfigurationException("phy2log is empty; it must have a row of slots for every layer.");
        }
        final int[][] copy = new int[phy2log.length][];
        for (int layer = 0; layer < copy.length; layer++) {
            copy[layer] = phy2log[layer].clone();
            if (copy[layer].length != copy[0].length) {
                throw new ConfigurationException("phy2log has " + copy[layer].length + " slots in layer " + layer
                    + " and " + copy[0].length + " in layer 0; all layers must have the same.");
            }
            final boolean[] placed = new boolean[experts];
            for (final int expert : copy[layer]) {
                if (expert < NONE || expert >= experts) {
                    throw new ConfigurationException("phy2log names expert " + expert + " in layer " + layer
                        + "; there are experts 0 to " + (experts - 1) + ", and " + NONE + " for an empty slot.");
                }
                if (expert != NONE) {
                    placed[expert] = true;
                }
            }
            for (int expert = 0; expert < experts; expert++) {
                if (!placed[expert]) {
                    throw new ConfigurationException("phy2log has no slot for expert " + expert + " in layer " + layer
                        + "; every expert needs one.");
                }
            }
        }
        return copy;
    }

    private static void requireInverse(final int layer, final int[] expertOfSlot, final List<List<Integer>> slots) {
        final boolean[] seen = new boolean[expertOfSlot.length];
        for (int expert = 0; expert < slots.size(); expert++) {
            for (final int slot : slots.get(expert)) {
                if (slot < 0 || slot >= expertOfSlot.length || expertOfSlot[slot] != expert || seen[slot]) {
                    throw new ConfigurationException("log2phy puts expert " + expert + " of layer " + layer
                        + " into slot " + slot + ", phy2log does not, or not once; the maps must agree.");
                }
                seen[slot] = true;
            }
        }
        for (int slot = 0; slot < seen.length; slot++) {
            if (!seen[slot] && expertOfSlot[slot] != NONE) {
                throw new ConfigurationException("phy2log puts expert " + expertOfSlot[slot] + " of layer " + layer
                    + " into slot " + slot + ", log2phy does not; the maps must agree.");
            }
        }
    }

    private static int[][][] padded(final List<List<List<Integer>>> slots) {
        final int most = slots.stream().flatMap(List::stream).mapToInt(List::size).max().orElse(0);
        final int[][][] log2phy = new int[slots.size()][slots.getFirst().size()][most];
        for (int layer = 0; layer < log2phy.length; layer++) {
            for (int expert = 0; expert < log2phy[layer].length; expert++) {
                final List<Integer> of = slots.get(layer).get(expert);
                Arrays.setAll(log2phy[layer][expert], rank -> rank < of.size() ? of.get(rank) : NONE);
            }
        }
        return log2phy;
    }

    /**
     * The maps of a placement: as many slots a host as the fullest host needs in any layer. A host's experts lie in
     * its slots in ascending order, and empty slots after them.
     */
    public static EplbMaps of(final Placement placement) {
        int slotsPerHost = 0;
        final int[][] held = new int[placement.layers()][placement.hosts()];
        for (int layer = 0; layer < held.length; layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    slotsPerHost = Math.max(slotsPerHost, ++held[layer][placement.host(layer, expert, replica)]);
                }
            }
        }
        final int[][] phy2log = new int[placement.layers()][slotsPerHost * placement.hosts()];
        final List<List<List<Integer>>> slots = new ArrayList<>();
        for (int layer = 0; layer < phy2log.length; layer++) {
            Arrays.fill(phy2log[layer], NONE);
            final int[] next = new int[placement.hosts()];
            final List<List<Integer>> slotsOfLayer = new ArrayList<>();
            for (int expert = 0; expert < placement.experts(); expert++) {
                final List<Integer> slotsOfExpert = new ArrayList<>();
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    final int host = placement.host(layer, expert, replica);
                    final int slot = host * slotsPerHost + next[host]++;
                    phy2log[layer][slot] = expert;
                    slotsOfExpert.add(slot);
                }
                slotsOfLayer.add(slotsOfExpert);
            }
            slots.add(slotsOfLayer);
        }
        return new EplbMaps(placement.experts(), phy2log, padded(slots));
    }

    /**
     * The placement of these maps; where two slots of one host hold the same expert, one replica. Slots must divide
     * over the hosts.
     */
    public Placement toPlacement(final long epoch, final int hosts) {
        final int slotsPerHost = slotsPerHost(hosts);
        final int[][] hostsOfExpert = new int[layers() * experts][];
        for (int layer = 0; layer < layers(); layer++) {
            for (int expert = 0; expert < experts; expert++) {
                hostsOfExpert[layer * experts + expert] = Arrays.stream(log2phy[layer][expert])
                    .filter(slot -> slot != NONE).map(slot -> slot / slotsPerHost).distinct().toArray();
            }
        }
        return new Placement(epoch, layers(), experts, hosts, hostsOfExpert);
    }

    /** Slots of each of so many hosts. */
    public int slotsPerHost(final int hosts) {
        if (hosts < 1 || slots() % hosts != 0) {
            throw new ConfigurationException(slots() + " slots of the maps do not divide over " + hosts
                + " hosts; they were made for another number of hosts.");
        }
        return slots() / hosts;
    }

    /** Decoder layers. */
    public int layers() {
        return phy2log.length;
    }

    /** Logical experts of a layer. */
    public int experts() {
        return experts;
    }

    /** Physical slots of a layer. */
    public int slots() {
        return phy2log[0].length;
    }

    /** The expert in each slot: [layers][slots]; a copy. */
    public int[][] phy2log() {
        return copy(phy2log);
    }

    /** The slots of each expert: [layers][experts][most replicas]; a copy. */
    public int[][][] log2phy() {
        final int[][][] copy = new int[log2phy.length][][];
        Arrays.setAll(copy, layer -> copy(log2phy[layer]));
        return copy;
    }

    /** How many slots each expert has: [layers][experts]; a copy. */
    public int[][] logcnt() {
        return copy(logcnt);
    }

    private static int[][] copy(final int[][] rows) {
        final int[][] copy = new int[rows.length][];
        Arrays.setAll(copy, row -> rows[row].clone());
        return copy;
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof EplbMaps that && Arrays.deepEquals(phy2log, that.phy2log)
            && Arrays.deepEquals(log2phy, that.log2phy);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(phy2log) + Arrays.deepHashCode(log2phy);
    }

    @Override
    public String toString() {
        return "EPLB maps of " + layers() + " layers of " + experts + " experts in " + slots() + " slots";
    }
}
