package dev.convoke.routing;

import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.FramePort;
import java.util.List;
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

    /** Row numbers and counts are 16 bits wide on the wire. */
    private static final int MOST_ROWS = 65_534;
    private static final int MOST_CHOICES = 254;

    private FramePort port;
    private List<String> hostAddresses;
    private RoutedModel model;
    private Placement placement;
    private int capacityRows = 512;
    private long decoderId;
    private long incarnation;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private IdleStrategy idleStrategy = new BackoffIdleStrategy();
    private Agent localWork = new NoLocalWork();
    private ReplicaChoice replicaChoice;
    private long resendAfterNs = TimeUnit.SECONDS.toNanos(1);
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
        require(capacityRows > 0 && capacityRows <= MOST_ROWS,
            "capacity-rows is " + capacityRows + "; choose 1 to " + MOST_ROWS + ".");
        require(model.layers() <= MOST_ROWS && model.experts() <= MOST_ROWS, "Layers and experts are numbered up to "
            + MOST_ROWS + " on the wire; the model has " + model.layers() + " and " + model.experts() + ".");
        require(model.topK() > 0 && model.topK() <= MOST_CHOICES,
            "top-k is " + model.topK() + "; choose 1 to " + MOST_CHOICES + ".");
        require(resendAfterNs > 0 && resendAfterNs <= exchangeDeadlineNs, "resend-after (" + resendAfterNs
            + " ns) must be positive and not longer than the exchange deadline (" + exchangeDeadlineNs + " ns).");
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
     * Silence of a host after which what it still owes is asked for again; doubles with each attempt. Longer than a
     * host computes on the largest batch, or it does the work twice. Hosts that were replaced are asked again at once.
     */
    public RoutingContext resendAfterNs(final long durationNs) {
        checkMutable();
        resendAfterNs = durationNs;
        return this;
    }

    /** Silence of a host after which what it still owes is asked for again. */
    public long resendAfterNs() {
        return resendAfterNs;
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
