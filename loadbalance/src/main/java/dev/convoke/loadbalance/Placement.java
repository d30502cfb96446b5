package dev.convoke.loadbalance;

import java.util.Arrays;

/**
 * Immutable map of replicas to hosts: for each logical expert the hosts that hold one, in order of preference. Hosts
 * are numbered as in the deployment. The epoch tells one placement from the next.
 */
public final class Placement {
    private final long epoch;
    private final int layers;
    private final int experts;
    private final int hosts;
    private final int[][] hostsOfExpert;

    /**
     * Checks and copies.
     *
     * @param hostsOfExpert [layers x experts][replicas] host numbers, no host twice for one expert
     */
    public Placement(final long epoch, final int layers, final int experts, final int hosts,
        final int[][] hostsOfExpert) {
        this.epoch = epoch;
        this.layers = layers;
        this.experts = experts;
        this.hosts = hosts;
        if (hostsOfExpert.length != layers * experts) {
            throw new IllegalArgumentException(hostsOfExpert.length + " experts given, " + layers * experts
                + " expected");
        }
        this.hostsOfExpert = new int[hostsOfExpert.length][];
        for (int i = 0; i < hostsOfExpert.length; i++) {
            this.hostsOfExpert[i] = checked(i, hostsOfExpert[i]);
        }
    }

    private int[] checked(final int expert, final int[] replicas) {
        final String where = "layer " + expert / experts + " expert " + expert % experts;
        if (replicas.length == 0) {
            throw new IllegalArgumentException(where + " has no host");
        }
        if (Arrays.stream(replicas).distinct().count() != replicas.length) {
            throw new IllegalArgumentException(where + " names a host twice: " + Arrays.toString(replicas));
        }
        for (final int host : replicas) {
            if (host < 0 || host >= hosts) {
                throw new IllegalArgumentException(where + " names host " + host + " of " + hosts);
            }
        }
        return replicas.clone();
    }

    /** Rises with every change. */
    public long epoch() {
        return epoch;
    }

    /** Decoder layers. */
    public int layers() {
        return layers;
    }

    /** Logical experts of a layer. */
    public int experts() {
        return experts;
    }

    /** Hosts of the deployment. */
    public int hosts() {
        return hosts;
    }

    /** How many hosts hold an expert. */
    public int replicas(final int layer, final int expert) {
        return hostsOfExpert[layer * experts + expert].length;
    }

    /** The host of one replica. */
    public int host(final int layer, final int expert, final int replica) {
        return hostsOfExpert[layer * experts + expert][replica];
    }

    /** Whether a host holds a replica of an expert. */
    public boolean holds(final int host, final int layer, final int expert) {
        for (final int candidate : hostsOfExpert[layer * experts + expert]) {
            if (candidate == host) {
                return true;
            }
        }
        return false;
    }

    /** The same replicas under another epoch. */
    public Placement withEpoch(final long number) {
        return new Placement(number, layers, experts, hosts, hostsOfExpert);
    }

    /** The same replicas among more hosts, which hold none. */
    public Placement withHosts(final int number) {
        return new Placement(epoch, layers, experts, number, hostsOfExpert);
    }

    /** Whether another placement puts the same replicas on the same hosts, whatever its epoch and preferences. */
    public boolean hasReplicasOf(final Placement other) {
        if (layers != other.layers || experts != other.experts) {
            return false;
        }
        for (int i = 0; i < hostsOfExpert.length; i++) {
            if (!Arrays.equals(Arrays.stream(hostsOfExpert[i]).sorted().toArray(),
                Arrays.stream(other.hostsOfExpert[i]).sorted().toArray())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Placement that && epoch == that.epoch && layers == that.layers
            && experts == that.experts && hosts == that.hosts && Arrays.deepEquals(hostsOfExpert, that.hostsOfExpert);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(epoch) + Arrays.deepHashCode(hostsOfExpert);
    }

    @Override
    public String toString() {
        return "placement of epoch " + epoch + ": " + layers + " layers of " + experts + " experts on " + hosts
            + " hosts";
    }
}
