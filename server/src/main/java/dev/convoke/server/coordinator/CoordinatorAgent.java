package dev.convoke.server.coordinator;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counter;
import dev.convoke.core.Gauge;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.MovePlan;
import dev.convoke.loadbalance.MovePolicy;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link Coordinator} beside a decoder: brings it what hosts and the decoder report, the time and what is asked
 * for, carries out what it decides, and keeps its log. Owned by one thread; requests come from any.
 */
public final class CoordinatorAgent implements Agent, Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorAgent.class);
    private static final int FRAMES_PER_POLL = 64;
    private static final int MOST_EVENTS = 32;
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long ANSWER_SECONDS = 10;
    /** A host must gain this much, over an average layer, for a replica to be worth moving. */
    private static final double COST_PER_MOVE = 1e-3;
    private static final String PLANNER = "balanced";

    private final CoordinatorContext context;
    private final Coordinator coordinator;
    private final CommandLog log;
    private final HostConversation[] conversations;
    private final FramePort port;
    private final FrameIdentity identity = new FrameIdentity();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final HostStatusDecoder status = new HostStatusDecoder();
    private final ManyToOneConcurrentLinkedQueue<Request> requests = new ManyToOneConcurrentLinkedQueue<>();
    private final Deque<String> history = new ArrayDeque<>();
    private final Counter movesStarted;
    private final Counter movesFinished;
    private final Counter movesRolledBack;
    private final Counter lastResorts;
    private final Counter logFailures;
    private final Gauge loading;
    private int[] placed;
    private String lastFailure = "";
    private long nextTickNs;
    private volatile ClusterStatus published;
    private volatile Placement placement;

    /** What to ask of the coordinator, and where its answer goes. */
    private record Request(Function<Coordinator, Command> command, CompletableFuture<String> answer) {
    }

    /** Takes a concluded context, and goes on from its log if there is one; owns the port from now on. */
    public CoordinatorAgent(final CoordinatorContext context) {
        this.context = context;
        port = context.port();
        final int hosts = context.hostAddresses().size();
        coordinator = new Coordinator(hosts, context.limits());
        movesStarted = context.counters().register("coordinator_moves_started", "Moves of replicas begun.");
        movesFinished = context.counters().register("coordinator_moves_finished", "Moves of replicas that succeeded.");
        movesRolledBack = context.counters().register("coordinator_moves_rolled_back",
            "Moves of replicas that did not succeed and were undone.");
        lastResorts = context.counters().register("moe_last_resort_loads",
            "Experts that a host was told to load because no host served them any more.");
        logFailures = context.counters().register("coordinator_log_failures",
            "Commands that could not be written to the log.");
        loading = context.counters().registerGauge("coordinator_replicas_loading",
            "Replicas that hosts were told to load and do not hold yet.");
        final long nowNs = context.clock().nanoTime();
        final Map<Integer, Long> checksums = new HashMap<>();
        conversations = new HostConversation[hosts];
        Arrays.setAll(conversations, host -> new HostConversation(host, context, checksums, nowNs));
        nextTickNs = nowNs;
        final Command.Begin first = recovered();
        log = context.log().map(path -> CommandLog.begin(path, new CommandLog.Entry(nowNs, first))).orElse(null);
        handle(coordinator.apply(nowNs, first));
        publishStatus();
    }

    /** What the log says, or that the placement of the options is in force. */
    private Command.Begin recovered() {
        final Command.Begin first = new Command.Begin(context.placement(), null, List.of());
        final Optional<CommandLog.Content> content = context.log().flatMap(CommandLog::read);
        if (content.isEmpty() || content.get().entries().isEmpty()) {
            return first;
        }
        final Coordinator replayed = new Coordinator(context.hostAddresses().size(), context.limits());
        final List<CommandLog.Entry> entries = content.get().entries();
        if (!(entries.getFirst().command() instanceof Command.Begin(final Placement begun, _, _))
            || begun.layers() != first.placement().layers() || begun.experts() != first.placement().experts()
            || begun.hosts() != first.placement().hosts()) {
            throw new ConfigurationException("The coordinator's log " + context.log().get() + " is of another "
                + "deployment than this one of " + first.placement().layers() + " layers, "
                + first.placement().experts() + " experts and " + first.placement().hosts()
                + " hosts; remove it, or name another with --coordinator-log.");
        }
        entries.forEach(entry -> replayed.apply(entry.atNs(), entry.command()));
        if (content.get().dropped() > 0) {
            LOG.warn("The coordinator's log {} ended in the middle of an entry; its last {} bytes were dropped.",
                context.log().get(), content.get().dropped());
        }
        LOG.info("The coordinator goes on from epoch {} of its log {}.", replayed.published().epoch(),
            context.log().get());
        return replayed.begin();
    }

    @Override
    public String roleName() {
        return "coordinator";
    }

    @Override
    public int doWork() {
        int work = port.poll(this::onFrame, FRAMES_PER_POLL);
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            answer(request);
            work++;
        }
        final long nowNs = context.clock().nanoTime();
        for (int host = 0; host < conversations.length; host++) {
            work += conversations[host].ask(coordinator.isBusy(host), nowNs)
                + conversations[host].order(coordinator.host(host), nowNs);
            if (coordinator.host(host).isSeen() && conversations[host].isSilent(nowNs, context.silenceNs())) {
                apply(new Command.HostLost(host));
            }
        }
        if (nowNs - nextTickNs >= 0) {
            nextTickNs = nowNs + TICK_NS;
            apply(new Command.DecoderReported(context.id(), context.decoderEpoch().getAsLong()));
            apply(new Command.Tick());
            publishStatus();
        }
        return work;
    }

    private void onFrame(final int host, final DirectBuffer buffer, final int offset, final int length) {
        if (FrameCheck.check(buffer, offset, length) == FrameCheck.OK
            && header.wrap(buffer, offset).templateId() == HostStatusDecoder.TEMPLATE_ID) {
            status.wrapAndApplyHeader(buffer, offset, header);
            identity.readFrom(status.identity());
            final long incarnation = status.hostId();
            conversations[host].onStatus(identity, incarnation, HostHoldings.of(status), context.clock().nanoTime())
                .ifPresent(this::applyIfInRange);
        }
    }

    /** A host may say what it likes; experts that the model lacks are none. */
    private void applyIfInRange(final Command command) {
        final int experts = context.model().layers() * context.model().experts();
        if (command instanceof final Command.HostReported report && report.held().stream().allMatch(e -> e < experts)
            && report.leaving().stream().allMatch(e -> e < experts)) {
            apply(report);
        }
    }

    private List<Event> apply(final Command command) {
        final long nowNs = context.clock().nanoTime();
        final List<Event> events = coordinator.apply(nowNs, command);
        if (log != null && coordinator.hasChanged()) {
            try {
                log.append(new CommandLog.Entry(nowNs, command));
            } catch (final ConvokeException e) {
                logFailures.increment();
                LOG.error("{} A restart will not know what happens from now on.", e.getMessage());
            }
        }
        handle(events);
        return events;
    }

    private void handle(final List<Event> events) {
        for (final Event event : events) {
            switch (event) {
                case Event.Published(final Placement next) -> {
                    placement = next;
                    placed = placed(next);
                    context.publisher().accept(next);
                }
                case Event.MoveStarted(final int loads, final int drops) -> {
                    movesStarted.increment();
                    lastFailure = coordinator.change() != null && coordinator.change().isUndoing() ? lastFailure : "";
                    note("moving replicas: " + loads + " to load, " + drops + " to free");
                }
                case Event.MoveFinished(final long epoch) -> {
                    movesFinished.increment();
                    lastFailure = "";
                    note("replicas lie as was asked for, epoch " + epoch);
                }
                case Event.MoveRolledBack(final String reason) -> {
                    movesRolledBack.increment();
                    lastFailure = reason;
                    note("a move of replicas was rolled back: " + reason.replaceAll("\\.$", ""));
                }
                // The routing service logs these.
                case Event.HostJoined(final int host) -> remember("host " + address(host) + " is there");
                case Event.HostGone(final int host) -> remember("host " + address(host) + " is gone");
                case Event.LastResort(final MovePlan.Step step) -> {
                    lastResorts.increment();
                    note("no host serves layer " + step.layer() + " expert " + step.expert() + " any more; host "
                        + address(step.host()) + " loads it");
                }
                case Event.LoadOrdered _, Event.FreeOrdered _, Event.Rejected _ -> { }
            }
        }
    }

    private String address(final int host) {
        return context.hostAddresses().get(host);
    }

    private void note(final String what) {
        LOG.info("Coordinator: {}.", what);
        remember(what);
    }

    private void remember(final String what) {
        history.addLast(what);
        if (history.size() > MOST_EVENTS) {
            history.removeFirst();
        }
    }

    private void answer(final Request request) {
        try {
            final List<Event> events = apply(request.command().apply(coordinator));
            publishStatus();
            request.answer().complete(events.stream().filter(Event.Rejected.class::isInstance)
                .map(event -> ((Event.Rejected)event).reason()).findFirst().orElse(""));
        } catch (final ConvokeException e) {
            request.answer().complete(e.getMessage());
        }
    }

    private String ask(final Function<Coordinator, Command> command) {
        final Request request = new Request(command, new CompletableFuture<>());
        requests.add(request);
        try {
            return request.answer().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return "The request was interrupted.";
        } catch (final TimeoutException | ExecutionException e) {
            return "The coordinator does not answer; look at the log of its process.";
        }
    }

    @Override
    public ClusterStatus status() {
        return published;
    }

    @Override
    public Placement placement() {
        return placement;
    }

    @Override
    public String move(final Placement target) {
        return ask(state -> new Command.Move(target, state.drained()));
    }

    @Override
    public String drain(final int host) {
        return ask(state -> {
            final List<Integer> drained = new ArrayList<>(state.drained());
            if (!drained.contains(host)) {
                drained.add(host);
            }
            return plan(state, drained);
        });
    }

    @Override
    public String add(final int host) {
        return ask(state -> plan(state, state.drained().stream().filter(other -> other != host).toList()));
    }

    @Override
    public String cancel() {
        return ask(_ -> new Command.Cancel());
    }

    /** Near what is now, but with nothing on drained hosts, nor on those that are gone. */
    private Command plan(final Coordinator state, final List<Integer> drained) {
        final List<HostCapacity> capacities = new ArrayList<>();
        for (int host = 0; host < conversations.length; host++) {
            final HostView view = state.host(host);
            capacities.add(HostCapacity.of(drained.contains(host) || !view.isSeen() ? 0 : view.room()));
        }
        final Placement now = state.published();
        final PlacementRequest request = new PlacementRequest(now.epoch() + 1, now.layers(), now.experts(), capacities)
            .withReplicas(context.replicas(), 0).withCurrent(now, new MovePolicy(COST_PER_MOVE, Integer.MAX_VALUE));
        return new Command.Move(NamedServices.named(PlacementAlgorithm.class, PLANNER).place(request), drained);
    }

    private void publishStatus() {
        final List<ClusterStatus.Host> hosts = new ArrayList<>();
        int ordered = 0;
        for (int host = 0; host < conversations.length; host++) {
            final HostView view = coordinator.host(host);
            ordered += view.loading().size();
            hosts.add(new ClusterStatus.Host(address(host), view.isSeen(), view.isDrained(), placed[host],
                view.held().cardinality(), view.room(), view.loading().size(), view.freeing().cardinality(),
                view.failed().size(), view.failed().isEmpty() ? "" : view.failure()));
        }
        loading.set(ordered);
        final Change change = coordinator.change();
        published = new ClusterStatus(coordinator.published().epoch(), context.decoderEpoch().getAsLong(), hosts,
            Optional.ofNullable(change).map(moves -> new ClusterStatus.Move(
                moves.stage().name().toLowerCase(Locale.ROOT), moves.index() + 1, moves.phases(),
                moves.phase().loads().size(), moves.phase().drops().size(), moves.isUndoing())), lastFailure,
            List.copyOf(history));
    }

    private static int[] placed(final Placement placement) {
        final int[] placed = new int[placement.hosts()];
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    placed[placement.host(layer, expert, replica)]++;
                }
            }
        }
        return placed;
    }

    /** Closes port and log. */
    @Override
    public void onClose() {
        port.close();
        if (log != null) {
            log.close();
        }
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            request.answer().complete("The coordinator is stopping.");
        }
    }
}
