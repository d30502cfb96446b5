package dev.convoke.server.coordinator;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counter;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ForeignText;
import dev.convoke.core.Gauge;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.MovePolicy;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import dev.convoke.server.DecoderReport;
import dev.convoke.server.Deployment;
import dev.convoke.server.HostAnswer;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.Membership;
import dev.convoke.server.ModelDescription;
import dev.convoke.server.ModelIdentity;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link Coordinator}, beside a decoder or by itself: brings it what hosts and decoders report, the time and
 * what is asked for, carries out what it decides, and keeps its log. Owned by one thread; requests come from any.
 */
public final class CoordinatorAgent implements Agent, Cluster, Membership {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorAgent.class);
    private static final int FRAMES_PER_POLL = 64;
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long ANSWER_SECONDS = 10;
    /** Hosts register every second: who has not been heard of for so long has made way for another process. */
    private static final long OUSTED_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long SHARE_AGAIN_NS = TimeUnit.SECONDS.toNanos(10);
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
    private final RefusalDecoder refusal = new RefusalDecoder();
    private final ManyToOneConcurrentLinkedQueue<Request<?>> requests = new ManyToOneConcurrentLinkedQueue<>();
    private final Map<Long, Long> decodersHeardNs = new HashMap<>();
    private final Checksums checksums;
    private final ModelIdentity model;
    private final Registrations registrations;
    private final Chronicle chronicle;
    private final Counter logFailures;
    private final Gauge loading;
    private int[] placed;
    private int framesTaken;
    private long nextTickNs;
    private long nextShareNs;
    private long revision;
    private volatile ClusterStatus published;
    private volatile Deployment deployment;

    /** What to do on the agent's thread, and where its answer goes. */
    private record Request<T>(Supplier<T> work, CompletableFuture<T> answer) {
        void run() {
            try {
                answer.complete(work.get());
            } catch (final ConvokeException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    /** Takes a concluded context, and goes on from its log if there is one; owns the port from now on. */
    public CoordinatorAgent(final CoordinatorContext context) {
        this.context = context;
        port = context.port();
        final int hosts = context.hostAddresses().size();
        coordinator = new Coordinator(hosts, context.limits());
        model = ModelIdentity.of(context.model());
        checksums = new Checksums(context.checksums(), context.model().experts());
        revision = context.id();
        chronicle = new Chronicle(context.counters(), this::address);
        logFailures = context.counters().register("coordinator_log_failures",
            "Commands that could not be written to the log.");
        loading = context.counters().registerGauge("coordinator_replicas_loading",
            "Replicas that hosts were told to load and do not hold yet.");
        final long nowNs = context.clock().nanoTime();
        registrations = new Registrations(hosts, nowNs);
        conversations = new HostConversation[hosts];
        Arrays.setAll(conversations, host -> new HostConversation(host, context, checksums, nowNs));
        nextTickNs = nowNs;
        nextShareNs = nowNs;
        final Command.Begin first = new Recovery(context).begin();
        log = context.log().map(path -> CommandLog.begin(path, new CommandLog.Entry(nowNs, first))).orElse(null);
        handle(coordinator.apply(nowNs, first));
        for (int host = 0; host < hosts; host++) {
            if (!address(host).equals(context.hostAddresses().get(host))) {
                port.assign(host, address(host));
            }
        }
    }

    @Override
    public String roleName() {
        return "coordinator";
    }

    @Override
    public int doWork() {
        // What the port did by itself is no reason to stay awake.
        framesTaken = 0;
        port.poll(this::onFrame, FRAMES_PER_POLL);
        int work = framesTaken;
        for (Request<?> request = requests.poll(); request != null; request = requests.poll()) {
            request.run();
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
            context.decoderEpoch().ifPresent(epoch -> onDecoder(context.id(), epoch.getAsLong()));
            loseDecoders(nowNs);
            apply(new Command.Tick());
            forgetHosts(nowNs);
            giveShare(nowNs);
            publishStatus();
        }
        return work;
    }

    private void onDecoder(final long id, final long epoch) {
        decodersHeardNs.put(id, context.clock().nanoTime());
        apply(new Command.DecoderReported(id, epoch));
    }

    private void loseDecoders(final long nowNs) {
        final List<Long> lost = decodersHeardNs.entrySet().stream()
            .filter(heard -> nowNs - heard.getValue() >= context.decoderSilenceNs()).map(Map.Entry::getKey).toList();
        for (final long decoder : lost) {
            decodersHeardNs.remove(decoder);
            apply(new Command.DecoderLost(decoder));
        }
    }

    /** Those that said that they would go as soon as they have; others when they have not registered for long. */
    private void forgetHosts(final long nowNs) {
        for (int host = 0; host < conversations.length; host++) {
            if (coordinator.isForgettable(host) && registrations.isSilent(host, nowNs,
                coordinator.host(host).member().leaving() ? OUSTED_NS : context.forgetNs())) {
                apply(new Command.HostForgotten(host));
            }
        }
    }

    /** A host that has come gets its part of the replicas, as soon as somebody computes with them. */
    private void giveShare(final long nowNs) {
        if (!coordinator.isIdle() || nowNs - nextShareNs < 0 || decodersHeardNs.isEmpty()
            || coordinator.members().newcomer() == Members.NOBODY || isSomebodyOnItsWay(nowNs)) {
            return;
        }
        nextShareNs = nowNs + SHARE_AGAIN_NS;
        try {
            final Command.Move move = plan(coordinator.drained());
            if (!move.target().hasReplicasOf(coordinator.published())) {
                apply(move);
            }
        } catch (final ConvokeException e) {
            LOG.warn("A new expert host gets no share of the replicas: {}", e.getMessage());
        }
    }

    /** Whether a host registers that is not there yet: it loads what it is to begin with, which must not be moved. */
    private boolean isSomebodyOnItsWay(final long nowNs) {
        return coordinator.members().all().keySet().stream().anyMatch(host -> !coordinator.host(host).isSeen()
            && !coordinator.host(host).isDrained() && !registrations.isSilent(host, nowNs, OUSTED_NS));
    }

    private void onFrame(final int host, final DirectBuffer buffer, final int offset, final int length) {
        framesTaken++;
        if (FrameCheck.check(buffer, offset, length) != FrameCheck.OK
            || coordinator.host(host).member() == null) {
            return;
        }
        final int template = header.wrap(buffer, offset).templateId();
        if (template == HostStatusDecoder.TEMPLATE_ID) {
            status.wrapAndApplyHeader(buffer, offset, header);
            identity.readFrom(status.identity());
            final long incarnation = status.hostId();
            if (registrations.accept(host, incarnation, address(host))) {
                conversations[host].onStatus(identity, incarnation, HostHoldings.of(status))
                    .ifPresent(this::applyIfInRange);
            }
        } else if (template == RefusalDecoder.TEMPLATE_ID) {
            refusal.wrapAndApplyHeader(buffer, offset, header);
            if (refusal.code() == ErrorCode.WRONG_NUMERICS && conversations[host]
                .onRefusal(identity.readFrom(refusal.identity()), refusal.hostNumericsId())) {
                return;
            }
            registrations.onRefused(host, "The expert host at " + address(host) + " refuses: "
                + ForeignText.onOneLine(refusal.text()));
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
        boolean news = false;
        for (final Event event : events) {
            chronicle.on(event);
            switch (event) {
                case Event.Published(final Placement next) -> {
                    placed = Overview.placed(next);
                    news = true;
                }
                case Event.HostAdded(final int host, final String address) -> {
                    onNumber(host, address);
                    news = true;
                }
                case Event.HostForgotten(final int host, _) -> {
                    registrations.forget(host);
                    onNumber(host, ExpertExchange.NOBODY);
                    news = true;
                }
                case Event.HostJoined _, Event.MoveFinished _ -> nextShareNs = context.clock().nanoTime();
                default -> { }
            }
        }
        if (news) {
            deployment = new Deployment(Long.toHexString(++revision), addresses(), coordinator.published());
            context.publisher().accept(deployment);
        }
        if (!events.isEmpty()) {
            publishStatus();
        }
    }

    private void onNumber(final int host, final String address) {
        port.assign(host, address);
        conversations[host] = new HostConversation(host, context, checksums, context.clock().nanoTime());
    }

    private List<String> addresses() {
        return IntStream.range(0, conversations.length).mapToObj(this::address).toList();
    }

    private String address(final int host) {
        final Member member = coordinator.host(host).member();
        return member == null ? ExpertExchange.NOBODY : member.address();
    }

    /** Does something on the agent's thread and waits for it. */
    private <T> T ask(final Supplier<T> work) {
        final Request<T> request = new Request<>(work, new CompletableFuture<>());
        requests.add(request);
        try {
            return request.answer().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("The request was interrupted.", e);
        } catch (final ExecutionException e) {
            if (e.getCause() instanceof final ConvokeException refusal) {
                throw refusal;
            }
            throw new ConvokeException("The coordinator has failed; look at the log of its process.", e);
        } catch (final TimeoutException e) {
            throw new ConvokeException("The coordinator does not answer; look at the log of its process.", e);
        }
    }

    /** Why a command is not followed; empty if it is. */
    private String refusal(final Command command) {
        final List<Event> events = apply(command);
        publishStatus();
        return events.stream().filter(Event.Rejected.class::isInstance)
            .map(event -> ((Event.Rejected)event).reason()).findFirst().orElse("");
    }

    private String command(final Supplier<Command> command) {
        try {
            return ask(() -> refusal(command.get()));
        } catch (final ConvokeException e) {
            return e.getMessage();
        }
    }

    @Override
    public Deployment report(final DecoderReport report) {
        requireSuited(report.model(), "This decoder");
        return ask(() -> {
            onDecoder(report.id(), report.epoch());
            return deployment;
        });
    }

    @Override
    public HostAnswer register(final HostDeclaration declaration) {
        requireSuited(declaration.model(), "Expert host " + declaration.address());
        final String address = context.addressCheck().apply(declaration.address());
        return ask(() -> onDeclared(declaration, address));
    }

    @Override
    public ModelDescription model() {
        return new ModelDescription(model, context.configuration(), ask(() -> sources(Members.NOBODY)));
    }

    /** Who has the checkpoint and is there, but one. */
    private List<String> sources(final int without) {
        return IntStream.range(0, conversations.length).filter(host -> host != without
            && coordinator.host(host).isSeen() && registrations.hasWeights(host)).mapToObj(this::address).toList();
    }

    private void requireSuited(final ModelIdentity its, final String who) {
        if (its.equals(model)) {
            return;
        }
        if (!its.isOfSameRows(model)) {
            throw new ConvokeException(who + " serves model " + its + "; this deployment is of model " + model
                + ": start both with the same checkpoint, backend and dtype, and the same release.");
        }
        if (context.numerics().rank(its.numerics()) == AcceptedNumerics.NO_RANK) {
            throw new ConvokeException(who + " computes " + its.numerics() + " and this deployment " + model.numerics()
                + ", so that their bits differ: start both with the same backend and dtype, or the coordinator, and "
                + "each decoder that shall take them, with --accept-numerics " + its.numerics() + "; texts may then "
                + "depend on which hosts compute them.");
        }
    }

    private HostAnswer onDeclared(final HostDeclaration declaration, final String address) {
        final long nowNs = context.clock().nanoTime();
        final int known = coordinator.members().numberOf(address);
        if (known != Members.NOBODY && coordinator.host(known).isSeen()
            && coordinator.host(known).incarnation() != declaration.hostId()
            && !conversations[known].isSilent(nowNs, OUSTED_NS)) {
            return new HostAnswer(Members.NOBODY, List.of(), false, List.of(), "At " + address + " there is an expert "
                + "host already; give each an address of its own, or stop that one first.");
        }
        if (known == Members.NOBODY || !registrations.isKnown(known, declaration.hostId())) {
            final String refusal = refusal(new Command.HostRegistered(address, declaration.speed()));
            if (!refusal.isEmpty()) {
                throw new ConvokeException(refusal);
            }
        }
        final int number = coordinator.members().numberOf(address);
        registrations.onRegistered(number, declaration.hostId(), declaration.weights(), nowNs);
        final String trouble = declaration.leaving() ? leave(number) : registrations.trouble(number);
        final BitSet placed = Members.replicas(coordinator.published(), number);
        final int experts = context.model().experts();
        return new HostAnswer(number, placed.stream().limit(declaration.room())
            .mapToObj(expert -> new ExpertId(expert / experts, expert % experts)).toList(),
            coordinator.isReleased(number), sources(number), trouble);
    }

    /** Moves off it what it has, as soon as nothing else is moved; why that cannot be. */
    private String leave(final int host) {
        if (!coordinator.host(host).member().leaving()) {
            apply(new Command.HostLeaving(host));
        }
        if (!coordinator.isIdle() || coordinator.host(host).isDrained()
            && Members.replicas(coordinator.published(), host).isEmpty()) {
            return "";
        }
        try {
            return refusal(plan(withDrained(host)));
        } catch (final ConvokeException e) {
            return e.getMessage();
        }
    }

    private List<Integer> withDrained(final int host) {
        return Stream.concat(coordinator.drained().stream(), Stream.of(host)).distinct().toList();
    }

    @Override
    public ClusterStatus status() {
        return published;
    }

    @Override
    public Placement placement() {
        return deployment.placement();
    }

    @Override
    public String move(final Placement target) {
        return command(() -> new Command.Move(target, coordinator.drained()));
    }

    @Override
    public String drain(final int host) {
        return command(() -> plan(withDrained(host)));
    }

    @Override
    public String add(final int host) {
        return command(() -> plan(coordinator.drained().stream().filter(other -> other != host).toList()));
    }

    @Override
    public String cancel() {
        return command(Command.Cancel::new);
    }

    /** Near what is now, but with nothing on drained hosts, nor on those that are gone. */
    private Command.Move plan(final List<Integer> drained) {
        final List<HostCapacity> capacities = new ArrayList<>();
        for (int host = 0; host < conversations.length; host++) {
            final HostView view = coordinator.host(host);
            capacities.add(HostCapacity.of(drained.contains(host) || !view.isSeen() ? 0 : view.room())
                .withSpeed(coordinator.members().speed(host)));
        }
        final Placement now = coordinator.published();
        final PlacementRequest request = new PlacementRequest(now.epoch() + 1, now.layers(), now.experts(), capacities)
            .withReplicas(context.replicas(), 0).withCurrent(now, new MovePolicy(COST_PER_MOVE, Integer.MAX_VALUE));
        return new Command.Move(NamedServices.named(PlacementAlgorithm.class, PLANNER).place(request), drained);
    }

    private void publishStatus() {
        loading.set(IntStream.range(0, conversations.length)
            .map(host -> coordinator.host(host).loading().size()).sum());
        published = Overview.of(coordinator, model.numerics(), this::address, host -> conversations[host].numerics(),
            placed, chronicle);
    }

    /** Closes port and log. */
    @Override
    public void onClose() {
        port.close();
        checksums.close();
        if (log != null) {
            log.close();
        }
        for (Request<?> request = requests.poll(); request != null; request = requests.poll()) {
            request.answer().completeExceptionally(new ConvokeException("The coordinator is stopping."));
        }
    }
}
