package dev.convoke.routing;

import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends rows to the experts a plan names, wherever they are, and gathers the answers. Owned by the decoder's thread.
 * {@link #dispatch} and {@link #await} are on the step path: they neither allocate, lock, log nor throw, except for
 * calls that break the contract.
 */
public final class RoutingService implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(RoutingService.class);
    private static final int FRAMES_PER_POLL = 64;
    /** Turns follow each other much faster unless the thread is kept from it; parks last up to a millisecond. */
    private static final long MOST_ATTENTION_NS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * A frame that is all a host gets of an exchange is sent in copies, if with its answer it is no longer than this,
     * some fifty microseconds of a link of 10 Gbit/s: a step of long prompts would lose more time to copies than to
     * frames that get lost.
     */
    private static final int MOST_COPIED_BYTES = 64 * 1024;

    private final RoutingContext context;
    private final FramePort port;
    private final RoutedModel model;
    private final RoutingCounters counters;
    private final HostRoster roster;
    private final FlightTable flights = new FlightTable();
    private final DispatchWriter writer;
    private final FrameContent content = this::writeTo;
    private final AnswerReader reader;
    private final StageClock stages;
    private final ExchangeTimes times;
    private final AttentionClock clock;
    private final EntryAssignment assignment;
    private final Failover failover;
    private final Trials trials;
    private final ProposedPlacement proposed;
    private final ProposedHosts proposedHosts;
    private volatile long epoch;
    private volatile boolean reachesHosts;
    private volatile List<String> notices = List.of();
    private int noticesAsOf = -1;
    private int reachAsOf = -1;
    private boolean didLocalWork;
    private long lastExchangeId;
    private Throwable localWorkError;

    /** Takes a concluded context; owns its port from now on. */
    public RoutingService(final RoutingContext context) {
        this.context = context;
        this.port = context.port();
        this.model = context.model();
        this.counters = new RoutingCounters(context);
        this.roster = new HostRoster(context, identity());
        this.clock = new AttentionClock(context.clock(), MOST_ATTENTION_NS);
        this.writer = new DispatchWriter(model, identity(), roster, port.preferredFrameBytes(),
            port.maxFrameBytes());
        this.reader = new AnswerReader(model, identity(), roster, flights, counters, clock);
        this.assignment = new EntryAssignment(context, roster);
        this.failover = new Failover(context, roster, writer, assignment, counters, clock);
        this.trials = new Trials(context, roster, writer, counters, clock);
        this.stages = context.stageClock();
        this.times = new ExchangeTimes(context);
        this.proposed = new ProposedPlacement(context, roster);
        this.proposedHosts = new ProposedHosts(roster, counters, times, LOGGER);
        onPlacement();
    }

    private void onPlacement() {
        counters.placementEpoch.set(placement().epoch());
        epoch = placement().epoch();
    }

    private FrameIdentity identity() {
        return new FrameIdentity().modelFingerprint(model.fingerprint().value()).numericsId(model.numerics().value())
            .dtype(model.operandType()).decoderId(context.decoderId()).incarnation(context.incarnation());
    }

    /**
     * Proposes another placement of the same hosts. It is put in force by {@link #poll}, between steps, when no
     * exchange is in flight and every expert within reach is within reach under it, too; until then the hosts are asked
     * whether they hold what it puts on them. A step that cannot be completed, because hosts of some of its experts are
     * all gone or silent, takes it in its midst. Of several proposals the latest epoch counts, and one that is not
     * later than the epoch in force is passed over. Any thread.
     *
     * @throws dev.convoke.core.ConfigurationException unless it is of the same model and number of hosts
     */
    public void propose(final Placement next) {
        proposed.propose(next);
    }

    /**
     * Says which hosts there are, by number: who is new is connected to, who is gone is forgotten. Put in force by
     * {@link #poll}, between steps, or in the midst of a step that cannot be completed. The last list counts. Any
     * thread.
     *
     * @param addresses as many as the context had; {@link dev.convoke.transport.ExpertExchange#NOBODY} where no host is
     * @throws dev.convoke.core.ConfigurationException if they are more or fewer
     */
    public void proposeHosts(final List<String> addresses) {
        proposedHosts.propose(addresses);
    }

    /** The epoch in force; no exchange of an earlier one is in flight but one that was stuck. Any thread. */
    public long epoch() {
        return epoch;
    }

    /** The placement in force. */
    public Placement placement() {
        return roster.placement();
    }

    /**
     * Between steps: greets hosts, takes what has arrived, runs local work, puts a proposed placement in force, logs
     * what happened; returns work done.
     */
    public int poll() {
        final int work = turn(null);
        times.settle();
        if (flights.size() == 0) {
            takeProposed();
        }
        roster.log(LOGGER, clock.nowNs());
        if (noticesAsOf != roster.changes()) {
            noticesAsOf = roster.changes();
            notices = roster.othersOfNumerics().stream().map(HostLink::otherNumerics).toList();
        }
        if (localWorkError != null) {
            LOGGER.error("An expert host of this process failed.", localWorkError);
            localWorkError = null;
        }
        return work;
    }

    /** Whether every expert of the placement has a host that is connected, agrees on the model and holds it. */
    public boolean isReady() {
        return roster.census().isReady();
    }

    /** What {@link #isReady} waits for, in one sentence or a few; empty when ready. Not for the step path. */
    public String notReadyReason() {
        return roster.census().notReadyReason();
    }

    /** Whether any host takes rows at all, also while a step waits for others. Any thread. */
    public boolean reachesHosts() {
        return reachesHosts;
    }

    /** Whether all replicas of the placement are on hosts that take rows, hold them and answer. */
    public boolean isComplete() {
        return roster.census().isComplete();
    }

    /** What {@link #isComplete} lacks, one sentence each; empty when complete. Not for the step path. */
    public List<String> degradedReasons() {
        return roster.census().degradedReasons();
    }

    /** What is worth knowing although nothing is missing: hosts that compute other bits, as accepted. Any thread. */
    public List<String> notices() {
        return notices;
    }

    /**
     * Starts an exchange. Never blocks: what hosts cannot take now is sent while awaiting. Plan and rows must stay
     * unchanged until {@link #await} returns. Several handles may be in flight; each must be awaited. A handle
     * remembers the buffer its rows came from last, so a decoder keeps to the same few buffers.
     *
     * @param layer  decoder layer
     * @param plan   of a gate, grouped; shape as the context's model
     * @param rows   [plan.rows(), hidden] in the operand type
     * @param handle not in flight
     */
    public void dispatch(final int layer, final RoutingPlan plan, final RowBuffer rows, final ExchangeHandle handle) {
        check(layer, plan, rows, handle);
        clock.advance(false);
        stages.enterAt(Stage.SERIALISE, clock.nowNs());
        times.begin();
        flights.add(handle);
        handle.start(++lastExchangeId, layer, plan, rows, roster, clock.nowNs(), clock.attendedNs());
        counters.spilledEntries.add(assignment.assign(handle));
        for (int host = 0; host < placement().hosts(); host++) {
            final HostShare share = handle.share(host);
            share.takeGiven();
            share.begin(writer.frames(handle, share));
        }
        trials.offer(handle);
        send(handle);
        times.settle();
        count(layer, plan, handle);
    }

    /** After sending: hosts need not wait for it. Nothing has been answered yet. */
    private void count(final int layer, final RoutingPlan plan, final ExchangeHandle handle) {
        int busiestHost = 0;
        for (int host = 0; host < placement().hosts(); host++) {
            busiestHost = Math.max(busiestHost, handle.share(host).missing());
        }
        int busiestExpert = 0;
        for (int expert = 0; expert < model.experts(); expert++) {
            busiestExpert = Math.max(busiestExpert, plan.count(expert));
        }
        counters.exchanges.increment();
        counters.entries.add(plan.entries() - plan.dropped());
        counters.exceededEntries.add(plan.overflow());
        counters.reroutedEntries.add(plan.rerouted());
        counters.droppedEntries.add(plan.dropped());
        counters.layerEntries[layer].add(plan.entries() - plan.dropped());
        counters.busiestExpertEntries[layer].add(busiestExpert);
        counters.busiestHostEntries[layer].add(busiestHost);
    }

    private void check(final int layer, final RoutingPlan plan, final RowBuffer rows, final ExchangeHandle handle) {
        if (layer < 0 || layer >= model.layers() || plan.experts() != model.experts() || plan.topK() != model.topK()
            || plan.rows() > context.capacityRows() || plan.rows() > rows.capacity()
            || plan.entries() > handle.slotRows().capacity() || rows.dtype() != model.operandType()
            || rows.columns() != model.hiddenSize()) {
            throw new IllegalArgumentException("a plan of " + plan.rows() + " rows, top " + plan.topK() + " of "
                + plan.experts() + ", with rows of " + rows.columns() + " " + rows.dtype() + " at layer " + layer
                + " does not suit " + model + " with room for " + context.capacityRows() + " rows");
        }
    }

    /** Waits until the exchange is complete or has failed; runs local work meanwhile, and resends to silent hosts. */
    public ExchangeOutcome await(final ExchangeHandle handle) {
        context.idleStrategy().reset();
        while (handle.isInFlight()) {
            final int work = turn(handle);
            if (handle.isInFlight()) {
                stages.enter(Stage.WAIT);
                context.idleStrategy().idle(work);
            }
        }
        stages.enter(Stage.OTHER);
        flights.remove(handle);
        final ExchangeOutcome outcome = handle.outcome();
        if (outcome == ExchangeOutcome.COMPLETE) {
            times.complete(handle, roster.links().length);
        }
        if (outcome == ExchangeOutcome.TIMED_OUT) {
            counters.exchangesTimedOut.increment();
        } else if (outcome == ExchangeOutcome.REFUSED) {
            counters.exchangesRefused.increment();
        }
        return outcome;
    }

    /** One round of everything there is to do; of what is urgent when the exchange that is awaited is complete. */
    private int turn(final ExchangeHandle awaited) {
        clock.advance(!didLocalWork);
        if (awaited != null) {
            stages.enterAt(Stage.WAIT, clock.nowNs());
        }
        didLocalWork = false;
        int work = port.poll(reader, FRAMES_PER_POLL);
        for (int i = 0; i < flights.size(); i++) {
            work += send(flights.get(i));
        }
        if (awaited != null && !awaited.isInFlight()) {
            return work;
        }
        final int localWork = doLocalWork();
        didLocalWork = localWork > 0;
        work += roster.attend(clock.attendedNs(), clock.nowNs());
        countGivenUp();
        noteReach();
        for (int i = 0; i < flights.size(); i++) {
            work += flights.get(i).isInFlight() ? failover.check(flights.get(i)) : 0;
        }
        if ((proposed.isPending() || proposedHosts.isPending()) && isStuck()) {
            takeProposed();
        }
        return work + localWork;
    }

    private void takeProposed() {
        proposedHosts.take();
        if (proposed.tryTake()) {
            onPlacement();
        }
    }

    /** A host may fall silent after hedges have covered for all it owed; then its part goes to others all the same. */
    private void countGivenUp() {
        for (final HostLink link : roster.links()) {
            if (link.takeGivenUp() && !isAwaited(link.host())) {
                counters.failovers[Failover.Reason.SILENT.ordinal()].increment();
            }
        }
    }

    private boolean isAwaited(final int host) {
        for (int i = 0; i < flights.size(); i++) {
            if (flights.get(i).isInFlight() && flights.get(i).share(host).missing() > 0) {
                return true;
            }
        }
        return false;
    }

    private void noteReach() {
        if (reachAsOf == roster.changes()) {
            return;
        }
        reachAsOf = roster.changes();
        boolean any = false;
        for (final HostLink link : roster.links()) {
            any |= link.isReady();
        }
        reachesHosts = any;
    }

    /** Whether something is in flight that nobody can be relied upon for, so that the epoch is not worth keeping to. */
    private boolean isStuck() {
        for (int i = 0; i < flights.size(); i++) {
            if (flights.get(i).isInFlight() && failover.isStuck(flights.get(i))) {
                return true;
            }
        }
        return false;
    }

    private int doLocalWork() {
        try {
            return context.localWork().doWork();
        } catch (final Exception e) {
            counters.localWorkErrors.increment();
            localWorkError = e;
            return 0;
        }
    }

    /**
     * Sends what ports take: to one host all it has room for, then to the next, so that the first compute while the
     * others are sent their parts. None waits for another that has no room.
     */
    private int send(final ExchangeHandle handle) {
        int frames = 0;
        for (int host = 0; host < roster.links().length && handle.isInFlight(); host++) {
            while (sendNext(handle, handle.share(host), roster.link(host)) > 0) {
                frames++;
            }
        }
        return frames;
    }

    private int sendNext(final ExchangeHandle handle, final HostShare share, final HostLink link) {
        if (share.missing() == 0 || !link.isReady()) {
            return 0;
        }
        if (share.generation() != link.generation()) {
            share.generation(link.generation());
            if (share.wasAsked()) {
                failover.resend(handle, share);
            }
        }
        if (share.isSent()) {
            return 0;
        }
        stages.enter(Stage.SERIALISE);
        final int length = writer.choose(handle, share);
        if (length == 0) {
            share.onNothingLeft();
            return 0;
        }
        final boolean isCopied = share.parts() == 1 && writer.roundTripBytes() <= MOST_COPIED_BYTES;
        final int copies = isCopied ? link.standing().loss().copies() : 1;
        writer.answerCopies(copies);
        final long result = port.offer(share.host(), length, content);
        if (result <= 0) {
            counters.offersBackPressured.add(result == FramePort.BACK_PRESSURED ? 1 : 0);
            return 0;
        }
        final int sent = 1 + sendCopies(share.host(), length, copies - 1);
        handle.onSent(share, writer.nextIndex(), clock.nowNs(), clock.attendedNs());
        link.standing().onSent(handle.exchangeId(), writer.assignments(), copies, share, clock.attendedNs());
        failover.onSent();
        counters.framesSent.increment();
        counters.frameCopies.add(sent - 1);
        counters.rowsSent.add(writer.rowCount());
        counters.ofHost(share.host()).dispatchRows().add(writer.rowCount());
        counters.ofHost(share.host()).dispatchBytes().add((long)sent * length);
        return 1;
    }

    /** Sends the frame chosen last once more as often as that, or as there is room for it; returns how often. */
    private int sendCopies(final int host, final int length, final int copies) {
        int sent = 0;
        while (sent < copies && port.offer(host, length, content) > 0) {
            sent++;
        }
        return sent;
    }

    /** A frame is handed over from when its last byte is written. */
    private void writeTo(final MutableDirectBuffer buffer, final int offset) {
        writer.writeTo(buffer, offset);
        stages.enter(Stage.DISPATCH);
    }

    /** Closes the port. */
    @Override
    public void close() {
        port.close();
    }
}
