package dev.convoke.loadbalance.balanced;

import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementDraft;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.Arrays;

/**
 * A placement under search, with what it costs. Replicas are added and removed between {@link #begin()} and either
 * {@link #rollback()} or {@link #commit()}; {@link #cost()} is right in between as well. An expert is numbered
 * {@code layer x experts + index}.
 *
 * <p>The cost is, in the unit of the largest host load over the mean: the sum of the largest times of all layers over
 * the sum of the means; the share of co-activated pairs that are apart, times its weight; the moves, times theirs;
 * and more than all of these for every replica that shares a failure domain without need. {@link #smooth} replaces the
 * largest time by a power mean of all, which sees the second largest coming.
 */
final class SearchState {
    private static final double DOMAIN_COST = 1e6;

    private final PlacementRequest request;
    private final int layers;
    private final int experts;
    private final int hosts;
    private final int usableHosts;
    private final double[] speeds;
    private final boolean alike;
    private final FailureDomains domains;
    private final PairTraffic traffic;
    private final double[] weights;
    private final double[] means;
    private final double meanSum;
    private double costPerMove;
    private final boolean hasCurrent;
    private final boolean[][] current;

    private final int[][] hostsOfExpert;
    private final int[] replicas;
    private final double[] speedOfExpert;
    private final int[][] expertsOnHost;
    private final int[] sizes;
    private final boolean[][] held;
    private final int[] free;
    private final double[] times;
    private final double[] values;
    private final Journal journal = new Journal();
    private boolean smooth;
    private int total;
    private int moves;
    private int crowded;
    private double together;
    private int movesBefore;
    private int crowdedBefore;
    private double togetherBefore;
    private double sumBefore;

    SearchState(final PlacementRequest request, final PlacementDraft start) {
        this.request = request;
        this.layers = request.layers();
        this.experts = request.experts();
        this.hosts = request.hosts();
        this.usableHosts = request.usableHosts();
        this.speeds = request.capacities().stream().mapToDouble(HostCapacity::speed).toArray();
        this.alike = Arrays.stream(speeds).allMatch(speed -> speed == speeds[0]);
        this.domains = new FailureDomains(request.capacities());
        this.traffic = new PairTraffic(request);
        this.weights = new double[layers * experts];
        Arrays.setAll(weights, expert -> request.weight(expert / experts, expert % experts));
        this.means = means();
        this.meanSum = Arrays.stream(means).sum();
        this.costPerMove = request.movePolicy().costPerMove();
        this.hasCurrent = request.current().isPresent();
        this.current = new boolean[hosts][];
        this.hostsOfExpert = new int[layers * experts][Math.min(4, hosts)];
        this.replicas = new int[layers * experts];
        this.speedOfExpert = new double[layers * experts];
        this.expertsOnHost = new int[layers * hosts][4];
        this.sizes = new int[layers * hosts];
        this.held = new boolean[hosts][layers * experts];
        this.free = request.capacities().stream().mapToInt(HostCapacity::replicas).toArray();
        this.times = new double[layers * hosts];
        this.values = new double[layers];
        request.current().ifPresent(this::rememberCurrent);
        fill(start);
    }

    private double[] means() {
        final double allSpeeds = request.capacities().stream().filter(host -> host.replicas() > 0)
            .mapToDouble(HostCapacity::speed).sum();
        final double[] result = new double[layers];
        for (int expert = 0; expert < weights.length; expert++) {
            result[expert / experts] += weights[expert] / allSpeeds;
        }
        return result;
    }

    private void rememberCurrent(final Placement placement) {
        for (int host = 0; host < placement.hosts(); host++) {
            current[host] = new boolean[layers * experts];
            for (int expert = 0; expert < layers * experts; expert++) {
                current[host][expert] = placement.holds(host, expert / experts, expert % experts);
            }
        }
    }

    private void fill(final PlacementDraft start) {
        begin();
        for (int expert = 0; expert < layers * experts; expert++) {
            for (final int host : start.hosts(expert / experts, expert % experts)) {
                add(expert, host);
            }
        }
        commit();
    }

    /** Whether a power mean of the times of a layer stands for the largest. */
    void smooth(final boolean on) {
        smooth = on;
        for (int layer = 0; layer < layers; layer++) {
            values[layer] = value(layer);
        }
        sumBefore = Arrays.stream(values).sum();
    }

    /** Moves count as much as this in {@link #cost()} if they would count less; not in {@link #exactCost()}. */
    void moveCostAtLeast(final double cost) {
        costPerMove = Math.max(cost, request.movePolicy().costPerMove());
    }

    /** A change that may be taken back starts here. */
    void begin() {
        journal.clear();
        movesBefore = moves;
        crowdedBefore = crowded;
        togetherBefore = together;
    }

    /** A host with memory gets an expert that it does not hold. */
    void add(final int expert, final int host) {
        final double before = beforeChange(expert);
        insert(expert, host);
        addTime(expert / experts * hosts + host, before);
        afterChange(expert, before);
        moves += isMove(expert, host) ? 1 : 0;
        journal.operation(expert, host, true);
    }

    /** A host loses an expert that it holds. */
    void remove(final int expert, final int host) {
        final double before = beforeChange(expert);
        delete(expert, host);
        addTime(expert / experts * hosts + host, -before);
        afterChange(expert, before);
        moves -= isMove(expert, host) ? 1 : 0;
        journal.operation(expert, host, false);
    }

    /** Both in one, which is less work where an expert has many replicas. */
    void move(final int expert, final int from, final int to) {
        final double before = beforeChange(expert);
        delete(expert, from);
        insert(expert, to);
        addTime(expert / experts * hosts + from, -before);
        addTime(expert / experts * hosts + to, before);
        afterChange(expert, before);
        moves += (isMove(expert, to) ? 1 : 0) - (isMove(expert, from) ? 1 : 0);
        journal.operation(expert, from, false);
        journal.operation(expert, to, true);
    }

    private boolean isMove(final int expert, final int host) {
        return hasCurrent && (current[host] == null || !current[host][expert]);
    }

    /** Returns the share of each host. */
    private double beforeChange(final int expert) {
        final int layer = expert / experts;
        journal.touch(layer, values[layer]);
        if (domains.matter()) {
            crowded -= domains.crowded(hostsOfExpert[expert], replicas[expert]);
        }
        if (traffic.counts()) {
            together -= pairsTogether(expert);
        }
        return replicas[expert] == 0 ? 0 : share(expert);
    }

    /** The hosts of the expert have the share of before so far. */
    private void afterChange(final int expert, final double shareBefore) {
        final double more = replicas[expert] == 0 ? 0 : share(expert) - shareBefore;
        for (int replica = 0; replica < replicas[expert] && more != 0; replica++) {
            addTime(expert / experts * hosts + hostsOfExpert[expert][replica], more);
        }
        if (traffic.counts()) {
            together += pairsTogether(expert);
        }
        if (domains.matter()) {
            crowded += domains.crowded(hostsOfExpert[expert], replicas[expert]);
        }
    }

    private void addTime(final int cell, final double time) {
        journal.time(cell, times[cell]);
        times[cell] += time;
    }

    private void insert(final int expert, final int host) {
        hostsOfExpert[expert] = inserted(hostsOfExpert[expert], replicas[expert]++, host);
        final int cell = expert / experts * hosts + host;
        expertsOnHost[cell] = inserted(expertsOnHost[cell], sizes[cell]++, expert);
        held[host][expert] = true;
        free[host]--;
        total++;
        sumSpeeds(expert);
    }

    /** Lists ascend, so that they are the same again after a change was taken back. */
    private static int[] inserted(final int[] list, final int size, final int element) {
        final int[] grown = size < list.length ? list : Arrays.copyOf(list, 2 * size);
        int index = size;
        for (; index > 0 && grown[index - 1] > element; index--) {
            grown[index] = grown[index - 1];
        }
        grown[index] = element;
        return grown;
    }

    private void delete(final int expert, final int host) {
        removeFrom(hostsOfExpert[expert], replicas[expert]--, host);
        final int cell = expert / experts * hosts + host;
        removeFrom(expertsOnHost[cell], sizes[cell]--, expert);
        held[host][expert] = false;
        free[host]++;
        total--;
        sumSpeeds(expert);
    }

    /** Anew, so that it is the same again after a change was taken back. */
    private void sumSpeeds(final int expert) {
        if (alike) {
            speedOfExpert[expert] = replicas[expert] * speeds[0];
            return;
        }
        double sum = 0;
        for (int replica = 0; replica < replicas[expert]; replica++) {
            sum += speeds[hostsOfExpert[expert][replica]];
        }
        speedOfExpert[expert] = sum;
    }

    private static void removeFrom(final int[] list, final int size, final int element) {
        int index = 0;
        while (list[index] != element) {
            index++;
        }
        System.arraycopy(list, index + 1, list, index, size - index - 1);
    }

    /** What all of it costs, including the change that has begun. */
    double cost() {
        double changed = 0;
        for (int i = 0; i < journal.touched(); i++) {
            final int layer = journal.layer(i);
            values[layer] = value(layer);
            changed += values[layer] - journal.value(i);
        }
        return costOf(sumBefore + changed, costPerMove);
    }

    private double costOf(final double sumOfLayers, final double moveCost) {
        return (meanSum > 0 ? sumOfLayers / meanSum : 1) + traffic.cost(together) + moveCost * moves
            + DOMAIN_COST * crowded;
    }

    /** The cost with the largest times, smooth or not. */
    double exactCost() {
        double sum = 0;
        for (int layer = 0; layer < layers; layer++) {
            sum += largest(layer);
        }
        return costOf(sum, request.movePolicy().costPerMove());
    }

    private double value(final int layer) {
        if (!smooth || means[layer] == 0) {
            return largest(layer);
        }
        final double scale = 1 / means[layer];
        double sum = 0;
        for (int cell = layer * hosts; cell < (layer + 1) * hosts; cell++) {
            final double time = times[cell] * scale;
            final double squared = time * time;
            final double fourth = squared * squared;
            final double eighth = fourth * fourth;
            sum += eighth * eighth;
        }
        return means[layer] * Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(sum / usableHosts))));
    }

    /** The time of all hosts of a layer if its work were spread perfectly. */
    double mean(final int layer) {
        return means[layer];
    }

    /** The largest time of a layer. */
    double largest(final int layer) {
        double largest = 0;
        for (int cell = layer * hosts; cell < (layer + 1) * hosts; cell++) {
            largest = times[cell] > largest ? times[cell] : largest;
        }
        return largest;
    }

    private double pairsTogether(final int expert) {
        double sum = 0;
        final int layer = expert / experts;
        final int base = layer * experts;
        for (int replica = 0; replica < replicas[expert]; replica++) {
            final int host = hostsOfExpert[expert][replica];
            final int cell = layer * hosts + host;
            double here = 0;
            for (int i = 0; i < sizes[cell]; i++) {
                final int other = expertsOnHost[cell][i];
                here += traffic.rows(layer, expert - base, other - base) / speedOfExpert[other];
            }
            sum += here * speeds[host] * speeds[host];
        }
        return sum / Math.max(Double.MIN_NORMAL, speedOfExpert[expert]);
    }

    /** For each host the rows that chose the expert and, with the probability that they meet there, another it has. */
    void affinities(final int expert, final double[] ofHost) {
        Arrays.fill(ofHost, 0);
        final int layer = expert / experts;
        for (int other = layer * experts; other < (layer + 1) * experts; other++) {
            final double rows =
                traffic.rows(layer, expert - layer * experts, other - layer * experts) / speedOfExpert[other];
            for (int replica = 0; rows > 0 && replica < replicas[other]; replica++) {
                ofHost[hostsOfExpert[other][replica]] += rows * speeds[hostsOfExpert[other][replica]];
            }
        }
    }

    /** Takes back all changes since {@link #begin()}. */
    void rollback() {
        for (int i = journal.operations() - 1; i >= 0; i--) {
            if (journal.isAddition(i)) {
                delete(journal.expert(i), journal.host(i));
            } else {
                insert(journal.expert(i), journal.host(i));
            }
        }
        journal.restore(times, values);
        moves = movesBefore;
        crowded = crowdedBefore;
        together = togetherBefore;
    }

    /** Keeps them, with the times summed anew, so that no rounding adds up. */
    void commit() {
        for (int i = 0; i < journal.touched(); i++) {
            final int layer = journal.layer(i);
            Arrays.fill(times, layer * hosts, (layer + 1) * hosts, 0);
            for (int expert = layer * experts; expert < (layer + 1) * experts; expert++) {
                for (int replica = 0; replica < replicas[expert]; replica++) {
                    times[layer * hosts + hostsOfExpert[expert][replica]] += weights[expert] / speedOf(expert);
                }
            }
            values[layer] = value(layer);
        }
        sumBefore = Arrays.stream(values).sum();
    }

    /** The changes since {@link #begin()}. */
    Journal journal() {
        return journal;
    }

    /** Speeds of the hosts of an expert together. */
    double speedOf(final int expert) {
        return speedOfExpert[expert];
    }

    /** What an expert adds to the time of each of its hosts. */
    double share(final int expert) {
        return weights[expert] / speedOf(expert);
    }

    double weight(final int expert) {
        return weights[expert];
    }

    double speed(final int host) {
        return speeds[host];
    }

    double time(final int layer, final int host) {
        return times[layer * hosts + host];
    }

    boolean holds(final int host, final int expert) {
        return held[host][expert];
    }

    int free(final int host) {
        return free[host];
    }

    int replicas(final int expert) {
        return replicas[expert];
    }

    int host(final int expert, final int replica) {
        return hostsOfExpert[expert][replica];
    }

    int held(final int layer, final int host) {
        return sizes[layer * hosts + host];
    }

    /** One of the experts that a host holds in a layer, in ascending order. */
    int expert(final int layer, final int host, final int index) {
        return expertsOnHost[layer * hosts + host][index];
    }

    int total() {
        return total;
    }

    int moves() {
        return moves;
    }

    /** Replicas that share a failure domain although another is free of their expert. */
    int crowded() {
        return crowded;
    }

    boolean isCrowded(final int expert) {
        return domains.crowded(hostsOfExpert[expert], replicas[expert]) > 0;
    }

    boolean hasTraffic() {
        return traffic.counts();
    }

    PlacementRequest request() {
        return request;
    }
}
