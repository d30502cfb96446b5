package dev.convoke.loadbalance.explicit;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ExpertId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A placement written by hand: a list for each host of what it holds. A list is {@code layers:experts} items
 * separated by blanks or semicolons, both parts {@code *}, numbers and ranges: {@code "*:0-3"},
 * {@code "0-5:0,2,4 6-7:*"}. What several hosts hold has replicas; the first host that lists it is preferred.
 */
public final class ExplicitPlacement {
    private static final int MOST_NAMED = 5;

    private ExplicitPlacement() {
    }

    /**
     * Reads the lists; an expert that no host holds is an error.
     *
     * @param request whose number of hosts equals the number of lists
     * @param lists   one for each host; a host may hold nothing
     */
    public static Placement parse(final PlacementRequest request, final List<String> lists) {
        if (lists.size() != request.hosts()) {
            throw new ConfigurationException(lists.size() + " expert lists are given for " + request.hosts()
                + " hosts; give one list for each host, in their order.");
        }
        final int[][] hostsOfExpert = new int[request.layers() * request.experts()][0];
        for (int host = 0; host < lists.size(); host++) {
            final BitSet held = parse(lists.get(host), host, request.layers(), request.experts());
            for (int expert = held.nextSetBit(0); expert >= 0; expert = held.nextSetBit(expert + 1)) {
                final int[] before = hostsOfExpert[expert];
                hostsOfExpert[expert] = Arrays.copyOf(before, before.length + 1);
                hostsOfExpert[expert][before.length] = host;
            }
        }
        requireAllPlaced(hostsOfExpert, request.experts());
        return new Placement(request.epoch(), request.layers(), request.experts(), request.hosts(), hostsOfExpert);
    }

    /** The list of one host of a placement, as {@link #parse} reads it; layers that hold the same are one item. */
    public static String format(final Placement placement, final int host) {
        final Map<BitSet, BitSet> layersOfExperts = new LinkedHashMap<>();
        for (int layer = 0; layer < placement.layers(); layer++) {
            final BitSet held = new BitSet(placement.experts());
            for (int expert = 0; expert < placement.experts(); expert++) {
                held.set(expert, placement.holds(host, layer, expert));
            }
            if (!held.isEmpty()) {
                layersOfExperts.computeIfAbsent(held, experts -> new BitSet()).set(layer);
            }
        }
        return layersOfExperts.entrySet().stream()
            .map(item -> NumberSet.format(item.getValue(), placement.layers()) + ":"
                + NumberSet.format(item.getKey(), placement.experts()))
            .collect(Collectors.joining(" "));
    }

    private static BitSet parse(final String list, final int host, final int layers, final int experts) {
        final BitSet held = new BitSet(layers * experts);
        final String context = "expert list '" + list + "' of host " + host;
        for (final String item : list.trim().split("[\\s;]+")) {
            if (item.isEmpty()) {
                continue;
            }
            final String[] sides = item.split(":", -1);
            if (sides.length != 2) {
                throw new ConfigurationException("'" + item + "' in " + context
                    + " is not of the form layers:experts, such as *:0-3.");
            }
            final BitSet itemLayers = NumberSet.parse(sides[0], layers, "layers", context);
            final BitSet itemExperts = NumberSet.parse(sides[1], experts, "experts", context);
            itemLayers.stream().forEach(layer -> itemExperts.stream()
                .forEach(expert -> held.set(layer * experts + expert)));
        }
        return held;
    }

    private static void requireAllPlaced(final int[][] hostsOfExpert, final int experts) {
        final List<ExpertId> missing = new ArrayList<>();
        for (int i = 0; i < hostsOfExpert.length; i++) {
            if (hostsOfExpert[i].length == 0) {
                missing.add(new ExpertId(i / experts, i % experts));
            }
        }
        if (!missing.isEmpty()) {
            final String named = missing.stream().limit(MOST_NAMED).map(ExpertId::toString)
                .collect(Collectors.joining(", "));
            final int others = missing.size() - MOST_NAMED;
            throw new ConfigurationException("No host holds " + named + (others > 0 ? " and " + others + " more" : "")
                + "; add " + (missing.size() == 1 ? "it" : "them") + " to a host's expert list.");
        }
    }
}
