package dev.convoke.decoder;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import dev.convoke.gating.BalanceFigures;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutingService;
import dev.convoke.tensor.KvPages;
import java.lang.foreign.Arena;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generates tokens for many requests together, one step of the whole batch at a time (continuous batching, Yu et al.,
 * 2022). Owned by the thread that calls {@link #doWork}; requests may be submitted and cancelled from any thread.
 */
public final class Decoder implements Agent, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Decoder.class);
    private static final long REASON_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final String STOPPING = "The decoder is stopping; send the request to another one.";
    private static final String STARTING = "The decoder is starting.";
    private static final String NO_HOST = "No expert host can be reached; requests are taken again as soon as one is "
        + "back.";

    private final Arena arena;
    private final RoutingService routing;
    private final KvCache cache;
    private final Scheduler scheduler;
    private final StepLoop stepLoop;
    private final BalanceFigures balance;
    private final TokenDelivery delivery;
    private final Intake intake;
    private final NanoClock clock;
    private final StageClock stages;
    private final Timings timings;
    private final Runnable wakeUp;
    private final int maxContext;
    private final int vocabulary;
    private final long patienceNs;

    private boolean withinReach;
    private long lastWithinReachNs;
    private long reasonDueNs;
    private boolean ended;
    private volatile String notReadyReason = STARTING;
    private volatile List<String> degradedReasons = List.of();
    private volatile boolean draining;
    private volatile boolean cancelRequested;
    private volatile int running;
    private volatile int freePages;

    /** Loads the model and starts the delivery thread; takes a concluded context. */
    public Decoder(final DecoderContext context) {
        clock = context.clock();
        stages = context.routing().stageClock();
        timings = context.routing().timings();
        wakeUp = context.wakeUp();
        maxContext = context.maxContext();
        vocabulary = context.checkpoint().configuration().vocabularySize();
        patienceNs = context.routing().exchangeDeadlineNs();
        reasonDueNs = clock.nanoTime();
        intake = new Intake(context.maxWaiting());
        arena = context.kernels().backend().newArena();
        try {
            final KvPages pages = allocatePages(context, arena);
            cache = new KvCache(pages.pages());
            freePages = cache.freePages();
            scheduler = new Scheduler(context, cache);
            routing = new RoutingService(context.routing());
            final RoutedExperts experts = new RoutedExperts(arena, context, routing);
            balance = experts.balance();
            final StepBatch batch = new StepBatch(context.tokenBudget(), context.maxSequences()
                + Math.min(Scheduler.SCORED_ROWS, context.tokenBudget()));
            final ModelWeights weights = new ModelWeights(context.checkpoint(), context.kernels().backend(), arena,
                context.dtype(), context.progress());
            final DecoderModel model = ModelArchitecture.of(context.checkpoint()).load(new ModelParts(weights,
                context.kernels(), arena, pages, experts, stages, batch.capacityRows(), batch.capacityLogitRows(),
                maxContext));
            context.counters().registerGauge("decoder_weight_bytes",
                "Memory of the weights that the decoder itself holds.").set(weights.bytes());
            delivery = new TokenDelivery(context.maxWaiting() + context.maxSequences());
            stepLoop = new StepLoop(context, model, experts, batch, scheduler, delivery, intake);
        } catch (final RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static KvPages allocatePages(final DecoderContext context, final Arena arena) {
        final ModelConfiguration model = context.checkpoint().configuration();
        return new KvPages(arena, context.dtype(), context.kvPages(), model.layers(), model.kvHeads(),
            model.headDim());
    }

    /** Hands one request over, as {@link #submit(List)}. */
    public Admission submit(final GenerationRequest request) {
        return submit(List.of(request));
    }

    /**
     * Hands requests over, all or none; any thread. Their streams end at some time if, and only if, they are accepted.
     * A prompt that several of them have is computed once and kept once, unless it is to be scored.
     *
     * @throws IllegalStateException if one was accepted before
     */
    public Admission submit(final List<GenerationRequest> requests) {
        if (!isReady()) {
            return Admission.NOT_READY;
        }
        for (final GenerationRequest request : requests) {
            final Admission refusal = refusal(request);
            if (refusal != Admission.ACCEPTED) {
                return refusal;
            }
        }
        final Admission admission = intake.offer(sequences(requests), clock.nanoTime());
        if (admission == Admission.ACCEPTED) {
            wakeUp.run();
        }
        return admission;
    }

    private static List<Sequence> sequences(final List<GenerationRequest> requests) {
        final Map<IntBuffer, SharedPrompt> shared = new HashMap<>();
        final List<Sequence> sequences = new ArrayList<>(requests.size());
        for (final GenerationRequest request : requests) {
            final boolean shares = requests.size() > 1 && !request.promptLogprobs();
            sequences.add(new Sequence(request, shares ? shared.computeIfAbsent(
                IntBuffer.wrap(request.promptTokens()), _ -> new SharedPrompt(request.promptLength())) : null));
        }
        return sequences;
    }

    private Admission refusal(final GenerationRequest request) {
        final long positions = (long)request.promptLength() + request.maxTokens();
        if (positions > maxContext || Sequence.pagesFor(Sequence.positions(request)) > cache.pages()) {
            return Admission.TOO_LONG;
        }
        for (final int token : request.promptTokens()) {
            if (token < 0 || token >= vocabulary) {
                return Admission.UNKNOWN_TOKEN;
            }
        }
        return request.sampling().largestToken() < vocabulary ? Admission.ACCEPTED : Admission.UNKNOWN_TOKEN;
    }

    /** Ends a request at the next step; any thread. Does nothing if it has ended. */
    public void cancel(final GenerationRequest request) {
        request.markCancelled();
        cancelRequested = true;
        wakeUp.run();
    }

    /** Takes no more requests from now on; those accepted go on. Any thread. */
    public void drain() {
        draining = true;
    }

    /** Proposes another placement, as {@link RoutingService#propose}: a step pins one epoch. Any thread. */
    public void propose(final Placement next) {
        routing.propose(next);
        wakeUp.run();
    }

    /** Says which hosts there are, as {@link RoutingService#proposeHosts}. Any thread. */
    public void proposeHosts(final List<String> addresses) {
        routing.proposeHosts(addresses);
        wakeUp.run();
    }

    /** The epoch of the placement in force; no step of an earlier one is under way. Any thread. */
    public long epoch() {
        return routing.epoch();
    }

    /** Whether requests are taken: the experts can be reached and nobody asked to drain. Any thread. */
    public boolean isReady() {
        return notReadyReason.isEmpty() && routing.reachesHosts() && !draining && !intake.isClosed();
    }

    /** Why requests are not taken, in one sentence; empty when they are. Any thread. */
    public String notReadyReason() {
        final String reason = notReadyReason;
        return draining || intake.isClosed() ? STOPPING
            : reason.isEmpty() && !routing.reachesHosts() ? NO_HOST : reason;
    }

    /** What is missing although requests are taken, one sentence each; empty when nothing is. Any thread. */
    public List<String> degradedReasons() {
        return degradedReasons;
    }

    /** What is worth knowing although nothing is missing, one sentence each. Any thread. */
    public List<String> notices() {
        return routing.notices();
    }

    /** One step, if there is anything to do, and what belongs between steps. */
    @Override
    public int doWork() {
        stages.begin();
        int work = routing.poll();
        updateReadiness();
        work += takeSubmissions();
        if (cancelRequested) {
            cancelRequested = false;
            stepLoop.endCancelled();
            work++;
        }
        final int rows = stepLoop.step();
        work += rows;
        if (work > 0) {
            running = scheduler.runningCount();
            freePages = cache.freePages();
        }
        if (rows > 0) {
            stages.end();
        } else {
            stages.discard();
        }
        return work;
    }

    private void updateReadiness() {
        final boolean ready = routing.isReady();
        if (ready && !notReadyReason.isEmpty()) {
            notReadyReason = "";
        }
        if (ready || isWorthWaiting()) {
            updateDegradedReasons();
        } else if (isReasonDue()) {
            notReadyReason = routing.notReadyReason();
        }
        withinReach = ready;
    }

    /**
     * Whether requests are better kept waiting than refused: experts were within reach until lately, and hosts that are
     * still there may load them.
     */
    private boolean isWorthWaiting() {
        if (withinReach) {
            lastWithinReachNs = clock.nanoTime();
        }
        return notReadyReason.isEmpty() && routing.reachesHosts()
            && clock.nanoTime() - lastWithinReachNs < patienceNs;
    }

    private void updateDegradedReasons() {
        if (routing.isComplete()) {
            if (!degradedReasons.isEmpty()) {
                degradedReasons = List.of();
            }
        } else if (degradedReasons.isEmpty() || isReasonDue()) {
            degradedReasons = List.copyOf(routing.degradedReasons());
        }
    }

    private boolean isReasonDue() {
        final long nowNs = clock.nanoTime();
        if (nowNs - reasonDueNs < 0) {
            return false;
        }
        reasonDueNs = nowNs + REASON_INTERVAL_NS;
        return true;
    }

    private int takeSubmissions() {
        int taken = 0;
        for (Sequence sequence = intake.poll(); sequence != null; sequence = intake.poll()) {
            scheduler.enqueue(sequence);
            if (sequence.request().isCancelled()) {
                cancelRequested = true;
            }
            taken++;
        }
        return taken;
    }

    /** Requests in the batch. Any thread. */
    public int running() {
        return running;
    }

    /** Requests that wait to start or to go on. Any thread. */
    public int waiting() {
        return Math.max(0, intake.unended() - running);
    }

    /** Whether no accepted request is left. Any thread. */
    public boolean isIdle() {
        return intake.unended() == 0;
    }

    /** Pages of the key-value cache that no sequence holds. Any thread. */
    public int freePages() {
        return freePages;
    }

    /** Pages of the key-value cache. */
    public int pages() {
        return cache.pages();
    }

    /** Positions of the longest sequence, prompt and sampled tokens together. */
    public int maxContext() {
        return maxContext;
    }

    /** Changes of stage so far, each a reading of the clock: what timing costs. Any thread. */
    public long stageChanges() {
        return stages.changes();
    }

    /** What steps and exchanges take. Any thread. */
    public Timings timings() {
        return timings;
    }

    /** The way to the experts. For the decoder's thread, between steps. */
    public RoutingService routing() {
        return routing;
    }

    /**
     * How evenly the rows of all steps fell on the experts of each layer. For the decoder's thread, between steps; for
     * any thread once that has stopped.
     */
    public BalanceFigures balance() {
        return balance;
    }

    @Override
    public String roleName() {
        return "decoder";
    }

    /** Ends what still runs and logs what was observed. By the agent's thread, as the last call on it. */
    @Override
    public void onClose() {
        if (!ended) {
            ended = true;
            intake.close();
            takeSubmissions();
            stepLoop.endAll(FinishReason.ERROR, STOPPING);
            running = 0;
            freePages = cache.freePages();
            logBalance();
        }
    }

    private void logBalance() {
        final int worst = balance.leastBalanced();
        if (worst >= 0) {
            LOG.info("expert balance, least in {}", balance.summary(worst));
            for (int layer = 0; layer < balance.layers() && LOG.isDebugEnabled(); layer++) {
                LOG.debug("expert balance in {}", balance.summary(layer));
            }
        }
    }

    /** Frees all memory; after the agent's thread has stopped. */
    @Override
    public void close() {
        onClose();
        delivery.close();
        routing.close();
        arena.close();
    }
}
