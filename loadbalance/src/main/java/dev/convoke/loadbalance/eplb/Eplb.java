package dev.convoke.loadbalance.eplb;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.LayerPacking;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementDraft;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.SlotShares;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * DeepSeek's expert-parallelism load balancer (github.com/deepseek-ai/EPLB, {@code rebalance_experts}). It takes every
 * layer for itself, splits the load of an expert evenly over its replicas and knows hosts only as equals.
 *
 * <p>What EPLB refuses is done here with the least change: where replicas do not divide over the hosts, some hosts have
 * one slot more, others in the next layer; where nodes are of unequal size, each gets as many groups as the others;
 * where a node has too few slots for its experts or nodes do not divide the groups, the layer is placed globally. Ties
 * go to the lower index.
 */
public final class Eplb {
    private Eplb() {
    }

    /**
     * The maps that EPLB gives: two replicas of an expert may lie on one host.
     *
     * @param load     [layers][experts]
     * @param replicas of a layer, at least one for each expert
     * @param groups   of equally many neighbouring experts
     * @param nodes    of equally many neighbouring hosts; where they do not divide the groups, the global policy rules
     */
    public static EplbMaps rebalance(final double[][] load, final int replicas, final int groups, final int nodes,
        final int hosts) {
        final int experts = load[0].length;
        if (replicas < experts || groups < 1 || experts % groups != 0 || nodes < 1 || hosts % nodes != 0) {
            throw new ConfigurationException(experts + " experts in " + groups + " groups cannot have " + replicas
                + " replicas on " + hosts + " hosts in " + nodes + " nodes; groups must divide the experts, nodes the "
                + "hosts, and every expert needs a replica.");
        }
        final int[][] slots = SlotShares.of(replicas * load.length, load.length, replicas,
            HostCapacity.alike(hosts, HostCapacity.UNLIMITED));
        final int slotsPerHost = Arrays.stream(slots).flatMapToInt(Arrays::stream).max().orElse(0);
        final int[][] phy2log = new int[load.length][slotsPerHost * hosts];
        final List<List<Integer>> hostsOfNode = new ArrayList<>();
        for (int host = 0; host < hosts; host++) {
            if (host % (hosts / nodes) == 0) {
                hostsOfNode.add(new ArrayList<>());
            }
            hostsOfNode.getLast().add(host);
        }
        for (int layer = 0; layer < load.length; layer++) {
            Arrays.fill(phy2log[layer], EplbMaps.NONE);
            final LayerPacking packing = new LayerPacking(load[layer], slots[layer], false);
            pack(packing, hostsOfNode, groups, 1);
            for (int host = 0; host < hosts; host++) {
                final List<Integer> held = packing.expertsOfHost().get(host);
                for (int i = 0; i < held.size(); i++) {
                    phy2log[layer][host * slotsPerHost + i] = held.get(i);
                }
            }
        }
        return EplbMaps.of(experts, phy2log);
    }

    private static void pack(final LayerPacking packing, final List<List<Integer>> nodes, final int groups,
        final int leastReplicas) {
        if (groups % nodes.size() != 0 || !packing.tryPackHierarchically(nodes, groups, leastReplicas)) {
            packing.packGlobally(leastReplicas);
        }
    }

    /** EPLB's plan with no two replicas of an expert on one host, within each host's memory. */
    static Placement place(final PlacementRequest request, final boolean hierarchical) {
        final int[][] slots = SlotShares.of(request.totalReplicas(), request.layers(), request.experts(),
            request.capacities());
        final List<List<Integer>> nodes = nodes(request);
        final PlacementDraft draft = new PlacementDraft(request);
        for (int layer = 0; layer < request.layers(); layer++) {
            final LayerPacking packing = LayerPacking.apart(request, layer, slots[layer]);
            if (hierarchical) {
                pack(packing, nodes, request.expertGroups(), request.leastReplicas());
            } else {
                packing.packGlobally(request.leastReplicas());
            }
            packing.addTo(draft, layer);
        }
        draft.complete();
        return draft.toPlacement();
    }

    /** Failure domains are EPLB's nodes; a host without one is a node of its own. */
    private static List<List<Integer>> nodes(final PlacementRequest request) {
        final Map<String, List<Integer>> nodes = new LinkedHashMap<>();
        for (int host = 0; host < request.hosts(); host++) {
            final HostCapacity capacity = request.capacity(host);
            if (capacity.replicas() > 0) {
                nodes.computeIfAbsent(capacity.failureDomain().isEmpty() ? "host " + host : capacity.failureDomain(),
                    domain -> new ArrayList<>()).add(host);
            }
        }
        return List.copyOf(nodes.values());
    }
}
