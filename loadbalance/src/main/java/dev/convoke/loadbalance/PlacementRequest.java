package dev.convoke.loadbalance;

import dev.convoke.core.ConfigurationException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a placement is computed for; immutable. Every {@code with} gives a copy. Without more than its sizes a request
 * is for one replica of each expert on unlimited hosts alike, under uniform load.
 */
public final class PlacementRequest implements Cloneable {
    private final long epoch;
    private final int layers;
    private final int experts;
    private List<HostCapacity> capacities;
    private ExpertLoad load;
    private LoadObjective objective = LoadObjective.TOKENS;
    private int leastReplicas = 1;
    private int extraReplicas;
    private int expertGroups = 1;
    private Placement current;
    private MovePolicy movePolicy = MovePolicy.FREE;
    private CoActivation coActivation;
    private double trafficWeight;

    /**
     * For unlimited hosts alike.
     *
     * @param epoch   of the new placement
     * @param layers  decoder layers
     * @param experts logical experts of a layer
     * @param hosts   expert hosts
     */
    public PlacementRequest(final long epoch, final int layers, final int experts, final int hosts) {
        this(epoch, layers, experts, HostCapacity.alike(Math.max(0, hosts), HostCapacity.UNLIMITED));
    }

    /** For hosts of these capacities, in the order of their numbers. */
    public PlacementRequest(final long epoch, final int layers, final int experts,
        final List<HostCapacity> capacities) {
        if (layers < 1 || experts < 1 || capacities.isEmpty()) {
            throw new ConfigurationException("Cannot place " + layers + " layers of " + experts + " experts on "
                + capacities.size() + " hosts; each must be at least 1.");
        }
        this.epoch = epoch;
        this.layers = layers;
        this.experts = experts;
        this.capacities = List.copyOf(capacities);
        this.load = ExpertLoad.uniform(layers, experts);
        requireRoom();
    }

    private void requireRoom() {
        if (room() < (long)layers * experts) {
            throw new ConfigurationException("The " + hosts() + " hosts have memory for " + room()
                + " replicas, but " + layers + " layers of " + experts + " experts need " + (long)layers * experts
                + "; add a host, or memory to one.");
        }
    }

    /** Replicas that fit, none twice on a host. */
    private long room() {
        return capacities.stream().mapToLong(host -> Math.min(host.replicas(), (long)layers * experts)).sum();
    }

    private PlacementRequest copy() {
        try {
            return (PlacementRequest)clone();
        } catch (final CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The work of the experts. */
    public PlacementRequest withLoad(final ExpertLoad newLoad) {
        requireShape("load", newLoad.layers(), newLoad.experts());
        final PlacementRequest copy = copy();
        copy.load = newLoad;
        return copy.checked();
    }

    /** What shall be even; active experts need a load that knows activity. */
    public PlacementRequest withObjective(final LoadObjective newObjective) {
        final PlacementRequest copy = copy();
        copy.objective = Objects.requireNonNull(newObjective);
        return copy.checked();
    }

    private PlacementRequest checked() {
        if (objective == LoadObjective.ACTIVE_EXPERTS && !load.hasActivity()) {
            throw new ConfigurationException("Active experts cannot be balanced by a load that counts tokens only; "
                + "record in how many steps each expert is active, estimate it, or balance tokens.");
        }
        return this;
    }

    /**
     * Replicas as far as memory and hosts allow: {@code least} of every expert and {@code extra} more in an average
     * layer, for the experts that need them most.
     */
    public PlacementRequest withReplicas(final int least, final int extra) {
        if (least < 1 || extra < 0) {
            throw new ConfigurationException("Cannot place " + least + " replicas of each expert and " + extra
                + " more; ask for at least 1 and 0.");
        }
        final PlacementRequest copy = copy();
        copy.leastReplicas = least;
        copy.extraReplicas = extra;
        return copy;
    }

    /** Groups of neighbouring experts that the gate chooses by, as in DeepSeek-V3; they must divide the experts. */
    public PlacementRequest withExpertGroups(final int groups) {
        if (groups < 1 || experts % groups != 0) {
            throw new ConfigurationException(groups + " groups do not divide " + experts + " experts; take n_group "
                + "of the model, or 1.");
        }
        final PlacementRequest copy = copy();
        copy.expertGroups = groups;
        return copy;
    }

    /** Where replicas are now; hosts that have joined since have the last numbers. */
    public PlacementRequest withCurrent(final Placement placement, final MovePolicy policy) {
        requireShape("current placement", placement.layers(), placement.experts());
        if (placement.hosts() > hosts()) {
            throw new ConfigurationException("The current placement has " + placement.hosts() + " hosts, the new one "
                + hosts() + "; keep a host that is gone, with a capacity of 0.");
        }
        final PlacementRequest copy = copy();
        copy.current = placement;
        copy.movePolicy = Objects.requireNonNull(policy);
        return copy;
    }

    /**
     * Which experts are chosen together, and how much that counts.
     *
     * @param weight what having all pairs together would be worth against having them all apart, in the unit of the
     *               largest host load over the mean: with 0.2, another half of the pairs together makes good for a
     *               load larger by 0.1; 0 or more
     */
    public PlacementRequest withCoActivation(final CoActivation together, final double weight) {
        requireShape("co-activation", together.layers(), together.experts());
        if (!(weight >= 0) || weight == Double.POSITIVE_INFINITY) {
            throw new ConfigurationException("The weight of traffic is " + weight + "; give a number of 0 or more.");
        }
        final PlacementRequest copy = copy();
        copy.coActivation = together;
        copy.trafficWeight = weight;
        return copy;
    }

    private void requireShape(final String what, final int actualLayers, final int actualExperts) {
        if (actualLayers != layers || actualExperts != experts) {
            throw new ConfigurationException("The " + what + " is of " + actualLayers + " layers of " + actualExperts
                + " experts, the placement of " + layers + " of " + experts + "; both must be of one model.");
        }
    }

    /** Of the new placement. */
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

    /** Expert hosts. */
    public int hosts() {
        return capacities.size();
    }

    /** What a host can carry. */
    public HostCapacity capacity(final int host) {
        return capacities.get(host);
    }

    /** What each host can carry. */
    public List<HostCapacity> capacities() {
        return capacities;
    }

    /** The work of the experts. */
    public ExpertLoad load() {
        return load;
    }

    /** What shall be even. */
    public LoadObjective objective() {
        return objective;
    }

    /** The work of an expert under the objective. */
    public double weight(final int layer, final int expert) {
        return load.weight(objective, layer, expert);
    }

    /** The most replicas an expert can have: hosts that may hold any. */
    public int usableHosts() {
        return (int)capacities.stream().filter(host -> host.replicas() > 0).count();
    }

    /** Replicas that every expert shall have, as many as were asked for and fit. */
    public int leastReplicas() {
        return (int)Math.min(Math.min(leastReplicas, usableHosts()), room() / ((long)layers * experts));
    }

    /** Replicas of all experts together, as many as were asked for and fit. */
    public int totalReplicas() {
        final long each = Math.min(leastReplicas, usableHosts());
        return (int)Math.min(layers * (experts * each + extraReplicas), room());
    }

    /** Groups of neighbouring experts that the gate chooses by; 1 where it knows none. */
    public int expertGroups() {
        return expertGroups;
    }

    /** Where replicas are now. */
    public Optional<Placement> current() {
        return Optional.ofNullable(current);
    }

    /** What moves from the current placement may cost. */
    public MovePolicy movePolicy() {
        return movePolicy;
    }

    /** Which experts are chosen together. */
    public Optional<CoActivation> coActivation() {
        return Optional.ofNullable(coActivation);
    }

    /** How much traffic counts beside load; 0 without co-activation. */
    public double trafficWeight() {
        return trafficWeight;
    }

    @Override
    public String toString() {
        return "placement of " + layers + " layers of " + experts + " experts on " + hosts() + " hosts, "
            + totalReplicas() + " replicas, for epoch " + epoch;
    }
}
