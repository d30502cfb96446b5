package dev.convoke.routing;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NumericsId;
import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of a {@link RoutingService}. */
public final class RoutingContext extends Context {
    /** The choice unless another is given. */
    public static final String DEFAULT_REPLICA_CHOICE = "balanced";

    private static final long LEAST_RESEND_AFTER_NS = TimeUnit.MILLISECONDS.toNanos(40);
    /** Row numbers and counts are 16 bits wide on the wire. */
    private static final int MOST_ROWS = 65_534;
    private static final int MOST_CHOICES = 254;

    private FramePort port;
    private List<String> hostAddresses;
    private RoutedModel model;
    private List<NumericsId> acceptedNumerics = List.of();
    private Placement placement;
    private int capacityRows = 512;
    private long decoderId;
    private long incarnation;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private IdleStrategy idleStrategy = new BackoffIdleStrategy();
    private Agent localWork = new NoLocalWork();
    private boolean hostsTakeTurns;
    private ReplicaChoice replicaChoice;
    private long resendAfterNs = TimeUnit.SECONDS.toNanos(1);
    private long leastResendAfterNs;
    private double hedgeShare = 0.1;
    private int ridgeRows;
    private long exchangeDeadlineNs = TimeUnit.SECONDS.toNanos(30);
    private long helloIntervalNs = TimeUnit.MILLISECONDS.toNanos(250);
    private Counters counters = new Counters();
    private Timings timings = new Timings();
    private StageClock stageClock;

    @Override
    protected void validate() {
        require(port != null && model != null && placement != null && hostAddresses != null,
            "Routing needs a port, host addresses, a model and a placement.");
        require(placement.layers() == model.layers() && placement.experts() == model.experts(),
            "The placement is for " + placement.layers() + " layers of " + placement.experts()
                + " experts but the model has " + model.layers() + " layers of " + model.experts() + " experts.");
        require(placement.hosts() == hostAddresses.size(), "The placement is for " + placement.hosts()
            + " hosts but " + hostAddresses.size() + " host addresses are given.");
        require(model.operandType() != DType.F16, "Rows travel as f32 or bf16, not as f16.");
        require(acceptedNumerics.stream().distinct().count() == acceptedNumerics.size(),
            "Numerics to accept are named twice: " + acceptedNumerics + "; name each once.");
        acceptedNumerics.forEach(id -> require(id.takes(model.operandType()), id + " takes no rows in "
            + model.operandType().name().toLowerCase(Locale.ROOT) + ", which this decoder computes in; accept no hosts "
            + "of it, or choose another dtype."));
        require(capacityRows > 0 && capacityRows <= MOST_ROWS,
            "capacity-rows is " + capacityRows + "; choose 1 to " + MOST_ROWS + ".");
        require(model.layers() <= MOST_ROWS && model.experts() <= MOST_ROWS, "Layers and experts are numbered up to "
            + MOST_ROWS + " on the wire; the model has " + model.layers() + " and " + model.experts() + ".");
        require(model.topK() > 0 && model.topK() <= MOST_CHOICES,
            "top-k is " + model.topK() + "; choose 1 to " + MOST_CHOICES + ".");
        require(resendAfterNs > 0 && resendAfterNs <= exchangeDeadlineNs, "resend-after (" + resendAfterNs
            + " ns) must be positive and not longer than the exchange deadline (" + exchangeDeadlineNs + " ns).");
        if (leastResendAfterNs == 0) {
            leastResendAfterNs = Math.min(LEAST_RESEND_AFTER_NS, resendAfterNs);
        }
        require(leastResendAfterNs > 0 && leastResendAfterNs <= resendAfterNs, "resend-after-least ("
            + leastResendAfterNs + " ns) must be positive and not longer than resend-after (" + resendAfterNs
            + " ns).");
        require(hedgeShare >= 0 && hedgeShare <= 1, "hedge-share is " + hedgeShare + "; choose 0 to 1.");
        require(ridgeRows >= 0, "ridge-rows is " + ridgeRows + "; choose 0 to learn it, or more.");
        require(helloIntervalNs > 0, "hello-interval is " + helloIntervalNs + " ns; choose a positive time.");
        if (replicaChoice == null) {
            replicaChoice = NamedServices.named(ReplicaChoice.class, DEFAULT_REPLICA_CHOICE);
        }
        stageClock = new StageClock(clock, model.layers(), timings);
    }

    /** Connected to the hosts in the order of {@link #hostAddresses()}; the service closes it. */
    public RoutingContext port(final FramePort framePort) {
        checkMutable();
        port = framePort;
        return this;
    }

    /** The decoder's end of the exchange. */
    public FramePort port() {
        return port;
    }

    /** What messages call the hosts, in the placement's order. */
    public RoutingContext hostAddresses(final List<String> addresses) {
        checkMutable();
        hostAddresses = List.copyOf(addresses);
        return this;
    }

    /** What messages call the hosts. */
    public List<String> hostAddresses() {
        return hostAddresses;
    }

    /** What the experts belong to. */
    public RoutingContext model(final RoutedModel routedModel) {
        checkMutable();
        model = routedModel;
        return this;
    }

    /** What the experts belong to. */
    public RoutedModel model() {
        return model;
    }

    /**
     * Numerics of hosts that may compute for this decoder although their bits are not its own; none unless set. Of the
     * hosts that hold an expert and answer, those of the numerics that comes first compute it; the decoder's own comes
     * before the list, unless the list says where.
     */
    public RoutingContext acceptedNumerics(final List<NumericsId> accepted) {
        checkMutable();
        acceptedNumerics = List.copyOf(accepted);
        return this;
    }

    /** Whose bits are taken, in order of preference. */
    public AcceptedNumerics acceptedNumerics() {
        return AcceptedNumerics.of(model.numerics(), acceptedNumerics);
    }

    /** Where the experts are at the start. */
    public RoutingContext placement(final Placement first) {
        checkMutable();
        placement = first;
        return this;
    }

    /** Where the experts are at the start. */
    public Placement placement() {
        return placement;
    }

    /** The most rows of one exchange. */
    public RoutingContext capacityRows(final int rows) {
        checkMutable();
        capacityRows = rows;
        return this;
    }

    /** The most rows of one exchange. */
    public int capacityRows() {
        return capacityRows;
    }

    /** Random, chosen at start, so that hosts tell decoders apart. */
    public RoutingContext decoderId(final long id) {
        checkMutable();
        decoderId = id;
        return this;
    }

    /** Tells decoders apart. */
    public long decoderId() {
        return decoderId;
    }

    /** Rises with every start of the same decoder. */
    public RoutingContext incarnation(final long number) {
        checkMutable();
        incarnation = number;
        return this;
    }

    /** Rises with every start of the same decoder. */
    public long incarnation() {
        return incarnation;
    }

    /** Monotonic time. */
    public RoutingContext clock(final NanoClock nanoClock) {
        checkMutable();
        clock = nanoClock;
        return this;
    }

    /** Monotonic time. */
    public NanoClock clock() {
        return clock;
    }

    /** How the thread waits for answers. */
    public RoutingContext idleStrategy(final IdleStrategy strategy) {
        checkMutable();
        idleStrategy = strategy;
        return this;
    }

    /** How the thread waits for answers. */
    public IdleStrategy idleStrategy() {
        return idleStrategy;
    }

    /** Expert hosts of this process that this thread runs while it polls and waits; none by default. */
    public RoutingContext localWork(final Agent agent) {
        checkMutable();
        localWork = agent;
        return this;
    }

    /** Run by this thread while it polls and waits. */
    public Agent localWork() {
        return localWork;
    }

    /** Whether all hosts are of {@link #localWork}: one computes after the other, and a wait is for them all. */
    public RoutingContext hostsTakeTurns(final boolean takeTurns) {
        checkMutable();
        hostsTakeTurns = takeTurns;
        return this;
    }

    /** Whether one host computes after the other. */
    public boolean hostsTakeTurns() {
        return hostsTakeTurns;
    }

    /** Which host computes an expert that several hold; for this service alone. */
    public RoutingContext replicaChoice(final ReplicaChoice choice) {
        checkMutable();
        replicaChoice = choice;
        return this;
    }

    /** Which host computes an expert that several hold. */
    public ReplicaChoice replicaChoice() {
        return replicaChoice;
    }

    /**
     * The longest that a host may be silent for before another that holds the experts is asked, or the same again if
     * there is none; that doubles with each attempt. How long a host is waited for is learnt from its answers: this
     * holds while nothing is known of it.
     */
    public RoutingContext resendAfterNs(final long durationNs) {
        checkMutable();
        resendAfterNs = durationNs;
        return this;
    }

    /** The longest that a host may be silent for before another is asked. */
    public long resendAfterNs() {
        return resendAfterNs;
    }

    /**
     * The shortest silence of a host that is taken for a failure, however fast it usually answers; 40 ms, or the
     * longest if that is less, unless set.
     */
    public RoutingContext leastResendAfterNs(final long durationNs) {
        checkMutable();
        leastResendAfterNs = durationNs;
        return this;
    }

    /** The shortest silence of a host that is taken for a failure. */
    public long leastResendAfterNs() {
        return leastResendAfterNs;
    }

    /**
     * For each dispatch frame, how much of a hedge may be made: others asked for what a host has not answered although
     * it answers 99 of 100 sooner. 0 makes none.
     */
    public RoutingContext hedgeShare(final double share) {
        checkMutable();
        hedgeShare = share;
        return this;
    }

    /** Hedges for each dispatch frame, at most. */
    public double hedgeShare() {
        return hedgeShare;
    }

    /** Rows from which on an expert costs by the row rather than by its weights; 0 learns it from answers. */
    public RoutingContext ridgeRows(final int rows) {
        checkMutable();
        ridgeRows = rows;
        return this;
    }

    /** Rows from which on an expert costs by the row; 0 to learn it. */
    public int ridgeRows() {
        return ridgeRows;
    }

    /** From dispatch until the exchange is given up. */
    public RoutingContext exchangeDeadlineNs(final long durationNs) {
        checkMutable();
        exchangeDeadlineNs = durationNs;
        return this;
    }

    /** From dispatch until the exchange is given up. */
    public long exchangeDeadlineNs() {
        return exchangeDeadlineNs;
    }

    /** From one introduction to a host to the next while it has not answered. */
    public RoutingContext helloIntervalNs(final long durationNs) {
        checkMutable();
        helloIntervalNs = durationNs;
        return this;
    }

    /** From one introduction to a host to the next. */
    public long helloIntervalNs() {
        return helloIntervalNs;
    }

    /** Where the service registers its counters; one service each. */
    public RoutingContext counters(final Counters registry) {
        checkMutable();
        counters = registry;
        return this;
    }

    /** The service's counters. */
    public Counters counters() {
        return counters;
    }

    /** Where the service and the decoder it belongs to register what they measure; one service each. */
    public RoutingContext timings(final Timings registry) {
        checkMutable();
        timings = registry;
        return this;
    }

    /** What the service and its decoder measure. */
    public Timings timings() {
        return timings;
    }

    /** Divides the steps of the decoder's thread into stages; there once the settings are concluded. */
    public StageClock stageClock() {
        return stageClock;
    }

    private static final class NoLocalWork implements Agent {
        @Override
        public int doWork() {
            return 0;
        }

        @Override
        public String roleName() {
            return "no-local-work";
        }
    }
}
