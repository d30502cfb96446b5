package dev.convoke.loadbalance;

import java.util.Arrays;
import java.util.List;

/**
 * The work that a placement gives to each host in each layer, in the time of a host of speed 1. The dispatch is
 * assumed fair: the work of an expert is divided over its replicas in proportion to the speeds of their hosts, evenly
 * where hosts are alike.
 */
public final class HostLoads {
    private final double[][] times;
    private final double[] means;

    private HostLoads(final double[][] times, final double[] means) {
        this.times = times;
        this.means = means;
    }

    /** Of hosts alike, from their work: [layers][hosts]. */
    public static HostLoads ofWork(final double[][] work) {
        final double[][] copy = new double[work.length][];
        final double[] means = new double[work.length];
        for (int layer = 0; layer < work.length; layer++) {
            copy[layer] = work[layer].clone();
            means[layer] = Arrays.stream(work[layer]).sum() / work[layer].length;
        }
        return new HostLoads(copy, means);
    }

    /** Of a placement on hosts alike. */
    public static HostLoads of(final Placement placement, final ExpertLoad load, final LoadObjective objective) {
        return of(placement, load, objective, HostCapacity.alike(placement.hosts(), HostCapacity.UNLIMITED));
    }

    /** Of a placement on hosts of these capacities; hosts that may hold nothing do not count for the mean. */
    public static HostLoads of(final Placement placement, final ExpertLoad load, final LoadObjective objective,
        final List<HostCapacity> capacities) {
        final double[] speeds = capacities.stream().mapToDouble(HostCapacity::speed).toArray();
        final double allSpeeds = capacities.stream().filter(host -> host.replicas() > 0)
            .mapToDouble(HostCapacity::speed).sum();
        final double[][] times = new double[placement.layers()][placement.hosts()];
        final double[] means = new double[placement.layers()];
        for (int layer = 0; layer < placement.layers(); layer++) {
            double work = 0;
            for (int expert = 0; expert < placement.experts(); expert++) {
                final double weight = load.weight(objective, layer, expert);
                work += weight;
                addShares(placement, layer, expert, weight, speeds, times[layer]);
            }
            means[layer] = work / allSpeeds;
        }
        return new HostLoads(times, means);
    }

    private static void addShares(final Placement placement, final int layer, final int expert, final double weight,
        final double[] speeds, final double[] times) {
        double speed = 0;
        for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
            speed += speeds[placement.host(layer, expert, replica)];
        }
        for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
            times[placement.host(layer, expert, replica)] += weight / speed;
        }
    }

    /** Decoder layers. */
    public int layers() {
        return times.length;
    }

    /** The time of a host in a layer. */
    public double time(final int layer, final int host) {
        return times[layer][host];
    }

    /** The time of the slowest host in a layer. */
    public double largest(final int layer) {
        return Arrays.stream(times[layer]).max().orElse(0);
    }

    /** The time every host would take if the work of a layer were spread perfectly. */
    public double mean(final int layer) {
        return means[layer];
    }

    /** The slowest host over the mean in a layer: 1 when balanced. */
    public double maxOverMean(final int layer) {
        return means[layer] > 0 ? largest(layer) / means[layer] : 1;
    }

    /**
     * The same for a whole step, which waits for the slowest host of every layer: the sum of their times over the sum
     * of the means.
     */
    public double maxOverMean() {
        double largest = 0;
        double mean = 0;
        for (int layer = 0; layer < times.length; layer++) {
            largest += largest(layer);
            mean += means[layer];
        }
        return mean > 0 ? largest / mean : 1;
    }

    /** The work of the slowest host, averaged over the layers; of active experts, how many a step makes it read. */
    public double meanLargest() {
        double sum = 0;
        for (int layer = 0; layer < times.length; layer++) {
            sum += largest(layer);
        }
        return sum / times.length;
    }
}
