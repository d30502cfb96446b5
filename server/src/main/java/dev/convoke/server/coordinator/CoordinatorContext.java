package dev.convoke.server.coordinator;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import dev.convoke.core.ExpertId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.server.Deployment;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of a {@link CoordinatorAgent}. */
public final class CoordinatorContext extends Context {
    private FramePort port;
    private List<String> hostAddresses = List.of();
    private RoutedModel model;
    private AcceptedNumerics numerics;
    private ModelConfiguration configuration;
    private Placement placement;
    private int replicas = 1;
    private Path log;
    private MoveLimits limits = new MoveLimits(2, TimeUnit.MINUTES.toNanos(2), TimeUnit.SECONDS.toNanos(30));
    private long silenceNs = TimeUnit.SECONDS.toNanos(2);
    private long decoderSilenceNs = TimeUnit.SECONDS.toNanos(10);
    private long forgetNs = TimeUnit.SECONDS.toNanos(30);
    private UnaryOperator<String> addressCheck = UnaryOperator.identity();
    private long id;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private ToLongFunction<ExpertId> checksums;
    private Consumer<Deployment> publisher = _ -> { };
    private LongSupplier decoderEpoch;
    private Counters counters = new Counters();

    @Override
    protected void validate() {
        require(port != null && model != null && placement != null && checksums != null,
            "A coordinator needs a port, a model, a placement and checksums.");
        require(placement.hosts() == hostAddresses.size(), "The placement is for " + placement.hosts() + " hosts but "
            + hostAddresses.size() + " host addresses are given.");
        numerics = numerics == null ? AcceptedNumerics.only(model.numerics()) : numerics;
        numerics.preferred().forEach(id -> require(id.takes(model.operandType()), id + " takes no rows in "
            + model.operandType().name().toLowerCase(Locale.ROOT) + ", which this deployment computes in; accept no "
            + "hosts of it, or choose another dtype."));
        require(replicas > 0, "replicas is " + replicas + "; choose 1 or more.");
        require(silenceNs > 0, "silence is " + silenceNs + " ns; choose a positive time.");
        require(decoderSilenceNs > 0 && forgetNs > 0, "silence of decoders is " + decoderSilenceNs + " ns, and hosts "
            + "are forgotten after " + forgetNs + "; choose positive times.");
    }

    /** Connected to the hosts; the agent closes it. */
    public CoordinatorContext port(final FramePort framePort) {
        checkMutable();
        port = framePort;
        return this;
    }

    /** Connected to the hosts. */
    public FramePort port() {
        return port;
    }

    /** Hosts that are known, by number; {@link ExpertExchange#NOBODY} for a number that is free. */
    public CoordinatorContext hostAddresses(final List<String> addresses) {
        checkMutable();
        hostAddresses = List.copyOf(addresses);
        return this;
    }

    List<String> hostAddresses() {
        return hostAddresses;
    }

    /** What hosts and decoders may compute, with the model's own; that alone unless set. */
    public CoordinatorContext numerics(final AcceptedNumerics accepted) {
        checkMutable();
        numerics = accepted;
        return this;
    }

    AcceptedNumerics numerics() {
        return numerics;
    }

    /** What the experts belong to. */
    public CoordinatorContext model(final RoutedModel routedModel) {
        checkMutable();
        model = routedModel;
        return this;
    }

    RoutedModel model() {
        return model;
    }

    /** Sizes of the model, for hosts that have no checkpoint. */
    public CoordinatorContext configuration(final ModelConfiguration sizes) {
        checkMutable();
        configuration = sizes;
        return this;
    }

    ModelConfiguration configuration() {
        return configuration;
    }

    /** Where replicas lie at the start, unless a log knows better. */
    public CoordinatorContext placement(final Placement first) {
        checkMutable();
        placement = first;
        return this;
    }

    Placement placement() {
        return placement;
    }

    /** Replicas that every expert shall have when the coordinator plans by itself. */
    public CoordinatorContext replicas(final int number) {
        checkMutable();
        replicas = number;
        return this;
    }

    int replicas() {
        return replicas;
    }

    /** A file that placements survive a restart in; none by default. */
    public CoordinatorContext log(final Path file) {
        checkMutable();
        log = file;
        return this;
    }

    Optional<Path> log() {
        return Optional.ofNullable(log);
    }

    /** How moves are kept from disturbing. */
    public CoordinatorContext limits(final MoveLimits moveLimits) {
        checkMutable();
        limits = moveLimits;
        return this;
    }

    MoveLimits limits() {
        return limits;
    }

    /** How long a host may be silent before it counts as gone. */
    public CoordinatorContext silenceNs(final long durationNs) {
        checkMutable();
        silenceNs = durationNs;
        return this;
    }

    long silenceNs() {
        return silenceNs;
    }

    /** How long a decoder of another process may be silent before it counts as gone. */
    public CoordinatorContext decoderSilenceNs(final long durationNs) {
        checkMutable();
        decoderSilenceNs = durationNs;
        return this;
    }

    long decoderSilenceNs() {
        return decoderSilenceNs;
    }

    /** After which time a host is forgotten that registered, does so no more, and was given nothing. */
    public CoordinatorContext forgetNs(final long durationNs) {
        checkMutable();
        forgetNs = durationNs;
        return this;
    }

    long forgetNs() {
        return forgetNs;
    }

    /** Brings an address that a host registers with into one form, or throws because it is none; any thread. */
    public CoordinatorContext addressCheck(final UnaryOperator<String> check) {
        checkMutable();
        addressCheck = check;
        return this;
    }

    UnaryOperator<String> addressCheck() {
        return addressCheck;
    }

    /** Random, chosen at start, so that hosts tell who asks. */
    public CoordinatorContext id(final long number) {
        checkMutable();
        id = number;
        return this;
    }

    long id() {
        return id;
    }

    /** Monotonic time. */
    public CoordinatorContext clock(final NanoClock nanoClock) {
        checkMutable();
        clock = nanoClock;
        return this;
    }

    NanoClock clock() {
        return clock;
    }

    /** The checksum of an expert's tensors; may read them, on the agent's thread. */
    public CoordinatorContext checksums(final ToLongFunction<ExpertId> checksumOf) {
        checkMutable();
        checksums = checksumOf;
        return this;
    }

    ToLongFunction<ExpertId> checksums() {
        return checksums;
    }

    /** Hands what has changed to the decoder beside the coordinator, if there is one; any thread. */
    public CoordinatorContext publisher(final Consumer<Deployment> sink) {
        checkMutable();
        publisher = sink;
        return this;
    }

    Consumer<Deployment> publisher() {
        return publisher;
    }

    /** The epoch that no step of the decoder beside the coordinator is before; none by default. Any thread. */
    public CoordinatorContext decoderEpoch(final LongSupplier epoch) {
        checkMutable();
        decoderEpoch = epoch;
        return this;
    }

    Optional<LongSupplier> decoderEpoch() {
        return Optional.ofNullable(decoderEpoch);
    }

    /** Where the agent registers its counters. */
    public CoordinatorContext counters(final Counters registry) {
        checkMutable();
        counters = registry;
        return this;
    }

    Counters counters() {
        return counters;
    }
}
