package dev.convoke.loadbalance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * One layer as DeepSeek's EPLB packs it: groups to nodes, replicas within nodes, replicas to hosts. Hosts may have
 * unequal numbers of slots. Either exactly as EPLB, which may put two replicas of an expert on one host, or so that it
 * never does. Used once.
 */
public final class LayerPacking {
    private final double[] load;
    private final int[] slots;
    private final boolean apart;
    private final List<List<Integer>> expertsOfHost = new ArrayList<>();

    /**
     * Without any replica yet.
     *
     * @param load  of each expert
     * @param slots of each host
     * @param apart whether replicas of one expert must lie on distinct hosts
     */
    public LayerPacking(final double[] load, final int[] slots, final boolean apart) {
        this.load = load;
        this.slots = slots;
        this.apart = apart;
        for (int host = 0; host < slots.length; host++) {
            expertsOfHost.add(new ArrayList<>());
        }
    }

    /** For a layer of a request, replicas of an expert on distinct hosts. */
    public static LayerPacking apart(final PlacementRequest request, final int layer, final int[] slots) {
        final double[] load = new double[request.experts()];
        Arrays.setAll(load, expert -> request.weight(layer, expert));
        return new LayerPacking(load, slots, true);
    }

    /** Adds the replicas to a draft. */
    public void addTo(final PlacementDraft draft, final int layer) {
        for (int host = 0; host < slots.length; host++) {
            for (final int expert : expertsOfHost.get(host)) {
                draft.add(layer, expert, host);
            }
        }
    }

    /** The experts in the slots of each host, in slot order. */
    public List<List<Integer>> expertsOfHost() {
        return expertsOfHost;
    }

    /** EPLB's global policy: all hosts are one node, all experts one group. Too few slots place nothing. */
    public void packGlobally(final int leastReplicas) {
        packNode(range(0, load.length), range(0, slots.length), leastReplicas);
    }

    /**
     * EPLB's hierarchical policy: as many groups on every node, all replicas of a group on its node.
     *
     * @param nodes  hosts of each node; their number must divide the groups
     * @param groups of equally many neighbouring experts
     * @return false if the slots of a node are too few for its experts, and then nothing was placed
     */
    public boolean tryPackHierarchically(final List<List<Integer>> nodes, final int groups, final int leastReplicas) {
        final int groupSize = load.length / groups;
        final double[] groupLoad = new double[groups];
        for (int expert = 0; expert < load.length; expert++) {
            groupLoad[expert / groupSize] += load[expert];
        }
        final int[] groupsOfNode = new int[nodes.size()];
        Arrays.fill(groupsOfNode, groups / nodes.size());
        final List<List<Integer>> packed = pack(groupLoad, range(0, groups), groupsOfNode);
        for (int node = 0; node < nodes.size(); node++) {
            if (slotsOf(nodes.get(node)) < packed.get(node).size() * groupSize) {
                return false;
            }
        }
        for (int node = 0; node < nodes.size(); node++) {
            final List<Integer> experts = new ArrayList<>();
            packed.get(node).forEach(group -> experts.addAll(range(group * groupSize, (group + 1) * groupSize)));
            packNode(experts, nodes.get(node), leastReplicas);
        }
        return true;
    }

    private int slotsOf(final List<Integer> hosts) {
        return hosts.stream().mapToInt(host -> slots[host]).sum();
    }

    private static List<Integer> range(final int first, final int end) {
        final List<Integer> numbers = new ArrayList<>();
        for (int number = first; number < end; number++) {
            numbers.add(number);
        }
        return numbers;
    }

    private void packNode(final List<Integer> experts, final List<Integer> hosts, final int leastReplicas) {
        if (slotsOf(hosts) < experts.size()) {
            return;
        }
        final int most = apart ? hosts.size() : Integer.MAX_VALUE;
        final int[] count = new int[load.length];
        final List<Integer> replicas =
            replicate(experts, slotsOf(hosts), count, Math.min(leastReplicas, most), most);
        final double[] share = new double[replicas.size()];
        Arrays.setAll(share, i -> load[replicas.get(i)] / count[replicas.get(i)]);
        if (apart) {
            packApart(replicas, share, hosts);
            return;
        }
        final int[] room = hosts.stream().mapToInt(host -> slots[host]).toArray();
        final List<List<Integer>> packed = pack(share, replicas, room);
        for (int i = 0; i < packed.size(); i++) {
            expertsOfHost.get(hosts.get(i)).addAll(packed.get(i));
        }
    }

    /**
     * Each expert as often as everyone must have it, then one more of whichever has the most load per replica, first
     * of equals, until the slots are used up.
     */
    private List<Integer> replicate(final List<Integer> experts, final int total, final int[] count, final int least,
        final int most) {
        final List<Integer> replicas = new ArrayList<>();
        int level = 0;
        for (; level < least && replicas.size() + experts.size() <= total; level++) {
            replicas.addAll(experts);
            experts.forEach(expert -> count[expert]++);
        }
        final int limit = level < least ? least : most;
        while (replicas.size() < total) {
            int heaviest = -1;
            for (final int expert : experts) {
                if (count[expert] < limit
                    && (heaviest < 0 || load[expert] / count[expert] > load[heaviest] / count[heaviest])) {
                    heaviest = expert;
                }
            }
            if (heaviest < 0) {
                break;
            }
            replicas.add(heaviest);
            count[heaviest]++;
        }
        return replicas;
    }

    /**
     * The heaviest item first, each into the lightest pack with room; items of equal weight in their order. Where
     * every pack takes one item, they stay in their order.
     */
    private static List<List<Integer>> pack(final double[] weight, final List<Integer> items, final int[] room) {
        final List<List<Integer>> packs = new ArrayList<>();
        for (int pack = 0; pack < room.length; pack++) {
            packs.add(new ArrayList<>());
        }
        final boolean oneEach = Arrays.stream(room).allMatch(size -> size == 1);
        final double[] sum = new double[room.length];
        for (final int i : oneEach ? range(0, items.size()) : heaviestFirst(weight)) {
            int lightest = -1;
            for (int pack = 0; pack < room.length; pack++) {
                if (packs.get(pack).size() < room[pack] && (lightest < 0 || !oneEach && sum[pack] < sum[lightest])) {
                    lightest = pack;
                }
            }
            packs.get(lightest).add(items.get(i));
            sum[lightest] += weight[i];
        }
        return packs;
    }

    private static List<Integer> heaviestFirst(final double[] weight) {
        final List<Integer> order = range(0, weight.length);
        order.sort(Comparator.comparingDouble(i -> -weight[i]));
        return order;
    }

    /**
     * The same packing, except that a host that has the expert already is passed over. Where only such hosts have
     * room, one of them takes another expert from a host that can take this one; of all such exchanges, that which
     * leaves the heavier of the two hosts lightest.
     */
    private void packApart(final List<Integer> replicas, final double[] share, final List<Integer> hosts) {
        final double[] sum = new double[slots.length];
        final double[] shareOf = new double[load.length];
        for (int i = 0; i < share.length; i++) {
            shareOf[replicas.get(i)] = share[i];
        }
        for (final int i : heaviestFirst(share)) {
            final int expert = replicas.get(i);
            int lightest = -1;
            for (final int host : hosts) {
                if (hasRoom(host) && !expertsOfHost.get(host).contains(expert)
                    && (lightest < 0 || sum[host] < sum[lightest])) {
                    lightest = host;
                }
            }
            if (lightest < 0) {
                exchange(expert, hosts, shareOf, sum);
            } else {
                expertsOfHost.get(lightest).add(expert);
                sum[lightest] += share[i];
            }
        }
    }

    private boolean hasRoom(final int host) {
        return expertsOfHost.get(host).size() < slots[host];
    }

    private void exchange(final int expert, final List<Integer> hosts, final double[] share, final double[] sum) {
        double best = Double.POSITIVE_INFINITY;
        int giver = -1;
        int taker = -1;
        int given = -1;
        for (final int to : hosts) {
            for (final int from : hasRoom(to) ? hosts : List.<Integer>of()) {
                for (final int other : movable(expert, from, to)) {
                    final double heavier =
                        Math.max(sum[from] - share[other] + share[expert], sum[to] + share[other]);
                    if (heavier < best) {
                        best = heavier;
                        giver = from;
                        taker = to;
                        given = other;
                    }
                }
            }
        }
        if (giver >= 0) {
            expertsOfHost.get(giver).set(expertsOfHost.get(giver).indexOf(given), expert);
            expertsOfHost.get(taker).add(given);
            sum[giver] += share[expert] - share[given];
            sum[taker] += share[given];
        }
    }

    /** What {@code from}, which lacks the expert, holds and {@code to} does not. */
    private List<Integer> movable(final int expert, final int from, final int to) {
        return expertsOfHost.get(from).contains(expert) ? List.of()
            : expertsOfHost.get(from).stream().filter(other -> !expertsOfHost.get(to).contains(other)).toList();
    }
}
