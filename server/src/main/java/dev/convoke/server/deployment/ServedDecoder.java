package dev.convoke.server.deployment;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.huggingface.HuggingFaceTokenizer;
import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Alarm;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NamedServices;
import dev.convoke.core.timing.Timings;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.Decoder;
import dev.convoke.decoder.DecoderContext;
import dev.convoke.decoder.ExpertCounts;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.StepObserver;
import dev.convoke.decoder.trace.RoutingRecorder;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.Gate;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.routing.RoutingContext;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.Deployment;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.Load;
import dev.convoke.server.ModelIdentity;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.ServedModel;
import dev.convoke.tensor.KvPages;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A decoder with everything it needs, on a thread of its own; with the in-process exchange that thread runs the expert
 * hosts too. Takes requests from its construction, as soon as all experts are reached, to {@link #close()}.
 */
public final class ServedDecoder implements ServedModel, CoordinatedHosts, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(1);

    private final ResourceStack resources = new ResourceStack();
    private final Counters counters = new Counters();
    private final AtomicReference<AgentThread> decoderThread = new AtomicReference<>();
    private final long createdEpochSeconds = System.currentTimeMillis() / 1000;
    private final OpenedModel model;
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> chatTemplate;
    private final Placement placement;
    private final List<String> hostAddresses;
    private final ExpertExchange exchange;
    private final Alarm alarm;
    private final Decoder decoder;
    private final AgentThread thread;
    private RoutingRecorder recorder;
    private Capacity capacity;
    private AcceptedNumerics numerics;
    private ExpertCounts expertCounts;

    /** Learns of the expert hosts from a coordinator in another process. */
    public interface Joining {
        /** Waits until it is told. */
        Deployment await(ModelIdentity model) throws InterruptedException;
    }

    /** With the expert hosts that the settings name; otherwise as the other. */
    public ServedDecoder(final ModelSettings settings, final ExpertSettings experts, final Optional<String> gate,
        final UnaryOperator<DecoderContext> ofDecoder, final UnaryOperator<RoutingContext> ofRouting,
        final Function<Tokenizer, Optional<ChatTemplate>> templateOf) {
        this(settings, experts, Optional.empty(), gate, ofDecoder, ofRouting, templateOf);
    }

    /**
     * Loads everything and starts.
     *
     * @param joining    who says which expert hosts there are; empty leaves it to the settings
     * @param gate       by name; empty takes the model's own
     * @param ofDecoder  changes settings of the decoder, just before they are concluded
     * @param ofRouting  changes settings of the routing service, just before they are concluded
     * @param templateOf compiles the chat template that comes with the tokenizer
     */
    public ServedDecoder(final ModelSettings settings, final ExpertSettings experts, final Optional<Joining> joining,
        final Optional<String> gate, final UnaryOperator<DecoderContext> ofDecoder,
        final UnaryOperator<RoutingContext> ofRouting,
        final Function<Tokenizer, Optional<ChatTemplate>> templateOf) {
        try {
            model = new OpenedModel(settings, "decoder");
            resources.push(model::close);
            tokenizer = HuggingFaceTokenizer.of(CheckpointFormat.of(settings.path()).tokenizer(settings.path()));
            resources.push(tokenizer::close);
            requireKnownTokens(settings);
            chatTemplate = templateOf.apply(tokenizer);
            alarm = experts.isTimed() ? new Alarm() : Alarm.NONE;
            final Deployment deployment = deployment(experts, joining);
            hostAddresses = deployment.hosts();
            placement = deployment.placement();
            model.expect(model.decoderBytes(), localExpertBytes(experts));
            exchange = Exchanges.open(experts.exchange(), experts.aeron(), counters);
            resources.push(exchange::close);
            final RoutingContext routing = ofRouting.apply(routingContext(experts));
            if (experts.local()) {
                final LocalExpertHosts hosts = new LocalExpertHosts(model, placement, exchange, experts, alarm,
                    counters);
                resources.push(hosts::close);
                routing.localWork(hosts.agent()).hostsTakeTurns(true);
            }
            decoder = startedDecoder(gate, routing, ofDecoder);
            thread = decoderThread.get();
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    private Deployment deployment(final ExpertSettings experts, final Optional<Joining> joining) {
        if (joining.isEmpty()) {
            return new Deployment("", experts.hosts(), Placements.first(model.checkpoint().configuration(), experts));
        }
        try {
            return joining.get().await(ModelIdentity.of(model.routed()));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("The decoder was stopped while it waited for its coordinator.", e);
        }
    }

    /** A token the model has no row for could be encoded but not computed. */
    private void requireKnownTokens(final ModelSettings settings) {
        final int known = model.checkpoint().configuration().vocabularySize();
        if (tokenizer.vocabularySize() > known) {
            throw new CheckpointException("The tokenizer in " + settings.path() + " has ids up to "
                + (tokenizer.vocabularySize() - 1) + ", but the model knows " + known + " (vocab_size in config.json); "
                + "the two are of different models, download both again.");
        }
    }

    private long localExpertBytes(final ExpertSettings experts) {
        return experts.local() ? IntStream.range(0, placement.hosts())
            .mapToLong(host -> model.expertBytes(placement, host)).sum() : 0;
    }

    private RoutingContext routingContext(final ExpertSettings experts) {
        return new RoutingContext().counters(counters).model(model.routed()).placement(placement)
            .hostAddresses(hostAddresses)
            .port(Exchanges.overNetwork(experts.network(), exchange, counters, alarm).connect(hostAddresses))
            .decoderId(ThreadLocalRandom.current().nextLong()).incarnation(System.currentTimeMillis())
            .idleStrategy(AgentThread.newIdleStrategy(AgentThread.NETWORK_PARK_NS, alarm));
    }

    private Decoder startedDecoder(final Optional<String> gate, final RoutingContext routing,
        final UnaryOperator<DecoderContext> ofDecoder) {
        routing.conclude();
        final DecoderContext context = ofDecoder.apply(new DecoderContext()
            .counters(counters.labelled("model_name", id())).checkpoint(model.checkpoint())
            .kernels(model.kernels()).gate(NamedServices.named(Gate.class, gate.orElseGet(model::gate)))
            .routing(routing).dtype(model.dtype()).progress(model.progress()).wakeUp(this::wakeUp));
        recorder = new RoutingRecorder(id(), model.routed(), context.tokenBudget(),
            counters.labelled("model_name", id()));
        expertCounts = new ExpertCounts(model.routed().layers(), model.routed().experts());
        final StepObserver own = recorder.and(expertCounts);
        context.observer(context.observer() == StepObserver.NONE ? own : context.observer().and(own));
        context.conclude();
        capacity = context.capacity();
        numerics = routing.acceptedNumerics();
        model.memory().require("The pages of the key-value cache", context.kvCacheBytes(),
            "lower --kv-bytes, --max-sequences or --max-context");
        final Decoder made = new Decoder(context);
        resources.push(made::close);
        counters.labelled("model_name", id()).labelled("block_size", String.valueOf(KvPages.PAGE_TOKENS))
            .labelled("num_gpu_blocks", String.valueOf(made.pages())).labelled("cache_dtype", nameOf(model.dtype()))
            .registerGauge("vllm:cache_config_info", "Positions of a page, pages and type of the key-value cache.");
        final AgentThread agentThread = new AgentThread(made, AgentThread.WOKEN_PARK_NS, alarm);
        resources.push(agentThread::close);
        decoderThread.set(agentThread);
        agentThread.start();
        return made;
    }

    private void wakeUp() {
        final AgentThread agentThread = decoderThread.get();
        if (agentThread != null) {
            agentThread.wakeUp();
        }
    }

    /** Waits until requests are taken; false if they are not within the limit. */
    public boolean awaitReady(final Duration limit) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!decoder.isReady() && thread.failure() == null) {
            if (System.nanoTime() >= deadlineNs) {
                return false;
            }
            Thread.sleep(POLL);
        }
        return decoder.isReady();
    }

    @Override
    public String id() {
        return model.checkpoint().path().toAbsolutePath().normalize().getFileName().toString();
    }

    @Override
    public long createdEpochSeconds() {
        return createdEpochSeconds;
    }

    @Override
    public String systemFingerprint() {
        final String dropping = capacity.policy().drops() ? "_" + capacity.policy().label() + "-" + capacity.factor()
            : "";
        final String accepting = numerics.others().stream().map(id -> "_accepts-" + id).collect(Collectors.joining());
        return "fp_" + model.checkpoint().fingerprint() + "_" + nameOf(model.dtype()) + "_"
            + model.routed().numerics() + accepting + dropping;
    }

    static String nameOf(final DType dtype) {
        return dtype.name().toLowerCase(Locale.ROOT);
    }

    /** The model in one sentence for the log. */
    public String description() {
        return model.description();
    }

    @Override
    public ModelConfiguration configuration() {
        return model.checkpoint().configuration();
    }

    /** The backend and why. */
    public String backend() {
        return model.backend().reason();
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return model.checkpoint().generationDefaults();
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    @Override
    public int maxSequenceTokens() {
        return decoder.maxContext();
    }

    @Override
    public int vocabularySize() {
        return model.checkpoint().configuration().vocabularySize();
    }

    @Override
    public Capacity capacity() {
        return capacity;
    }

    @Override
    public AcceptedNumerics numerics() {
        return numerics;
    }

    @Override
    public Admission submit(final List<GenerationRequest> requests) {
        return thread.failure() == null ? decoder.submit(requests) : Admission.NOT_READY;
    }

    @Override
    public void cancel(final GenerationRequest request) {
        decoder.cancel(request);
    }

    @Override
    public Health health() {
        if (thread.failure() != null) {
            return Health.notReady("The decoder has failed (" + thread.failure() + "); restart the process.");
        }
        return decoder.isReady() ? Health.serving(decoder.degradedReasons(), decoder.notices())
            : Health.notReady(decoder.notReadyReason());
    }

    @Override
    public Load load() {
        return new Load(decoder.running(), decoder.waiting(), decoder.freePages(), decoder.pages());
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public Timings timings() {
        return decoder.timings();
    }

    @Override
    public RoutingRecorder recorder() {
        return recorder;
    }

    /** How many rows chose each expert. */
    public ExpertCounts expertCounts() {
        return expertCounts;
    }

    @Override
    public FramePort connectToHosts() {
        return exchange.connect(hostAddresses);
    }

    @Override
    public List<String> hostAddresses() {
        return hostAddresses;
    }

    @Override
    public Placement firstPlacement() {
        return placement;
    }

    @Override
    public RoutedModel routed() {
        return model.routed();
    }

    @Override
    public long checksum(final ExpertId expert) {
        return ExpertChecksum.of(model.checkpoint().expert(expert));
    }

    /** What ended the decoder by itself, or null while it runs. */
    public Throwable failure() {
        return thread.failure();
    }

    /** Which hosts there are and where replicas lie from now on, as the coordinator says. Any thread. */
    public void follow(final Deployment deployment) {
        decoder.proposeHosts(deployment.hosts());
        decoder.propose(deployment.placement());
    }

    /** For observation by tests and measurements. */
    public Decoder decoder() {
        return decoder;
    }

    /** Takes no more requests, ends those that run, and stops. */
    @Override
    public void close() {
        decoder.drain();
        resources.close();
    }
}
