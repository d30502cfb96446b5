package dev.convoke.server.deployment;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Alarm;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Precision;
import dev.convoke.decoder.ModelArchitecture;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertHostContext;
import dev.convoke.experthost.ExpertLoader;
import dev.convoke.experthost.Pace;
import dev.convoke.experthost.PeerCheckpoint;
import dev.convoke.experthost.SpeedProbe;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.server.ModelDescription;
import dev.convoke.server.ModelSettings;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FrameIdentity;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A checkpoint and what computes on it: what both roles of a process start from. */
final class OpenedModel implements AutoCloseable {
    private static final Logger EXPERT_HOST_LOG = LoggerFactory.getLogger(ExpertHost.class);
    private static final double GB = 1e9;
    private static final long POLL_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private final Checkpoint checkpoint;
    private final Precision precision;
    private final BackendSelection backend;
    private final WorkerPool pool;
    private final Kernels kernels;
    private final LoadProgress progress;
    private final long deviceBytes;
    private final MemoryBudget memory = MemoryBudget.ofMachine();
    private final long expertBytes;
    private final long machineBytes = memory.availableBytes();

    OpenedModel(final ModelSettings settings, final String threadName) {
        this(settings, threadName, CheckpointFormat.openAny(settings.path()), Checkpoint::ownPrecision);
    }

    /**
     * On a checkpoint that is open; it is closed with this, or if this cannot be.
     *
     * @param precisionOf what it computes in, unless the settings say
     */
    private OpenedModel(final ModelSettings settings, final String threadName, final Checkpoint opened,
        final Function<Checkpoint, Precision> precisionOf) {
        checkpoint = opened;
        try {
            precision = settings.precision().orElseGet(() -> precisionOf.apply(opened));
            backend = BackendSelection.of(settings.backend(), precision);
        } catch (final RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
        deviceBytes = settings.deviceBytes();
        expertBytes = settings.expertBytes();
        pool = new WorkerPool(threadName, settings.threads());
        kernels = new Kernels(backend.backend(), pool);
        progress = settings.progress();
    }

    /**
     * Of a model whose checkpoint lies elsewhere.
     *
     * @param exchange to the hosts that have it
     * @param sources  their addresses; any thread
     */
    static OpenedModel distant(final ModelSettings settings, final ModelDescription model,
        final ExpertExchange exchange, final Supplier<List<String>> sources) {
        final Precision precision = model.identity().precision();
        final FrameIdentity identity = new FrameIdentity()
            .modelFingerprint(HexFormat.fromHexDigitsToLong(model.identity().fingerprint()))
            .decoderId(ThreadLocalRandom.current().nextLong());
        return new OpenedModel(settings, "expert-host", new PeerCheckpoint(settings.path(), model.configuration(),
            identity, exchange.connect(List.of(ExpertExchange.NOBODY)), sources, SystemNanoClock.INSTANCE,
            new SleepingIdleStrategy(POLL_NS)), _ -> precision);
    }

    /** Whether the checkpoint is here, so that experts of it can be sent to others. */
    boolean hasWeights() {
        return !(checkpoint instanceof PeerCheckpoint);
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    DType dtype() {
        return precision.operand();
    }

    BackendSelection backend() {
        return backend;
    }

    /** The model in one sentence for the log. */
    String description() {
        return checkpoint.path().toAbsolutePath().normalize().getFileName() + " ("
            + checkpoint.configuration().modelType() + "), " + precision.label();
    }

    /** For one thread. */
    Kernels kernels() {
        return kernels;
    }

    /** The gate that the model was trained with, by name. */
    String gate() {
        return ModelArchitecture.of(checkpoint).gate(checkpoint.configuration());
    }

    RoutedModel routed() {
        final ModelConfiguration model = checkpoint.configuration();
        return new RoutedModel(checkpoint.fingerprint(), backend.backend().numerics(), dtype(), model.layers(),
            model.experts(), model.topK(), model.hiddenSize());
    }

    /** Hears how far loading is. */
    LoadProgress progress() {
        return progress;
    }

    /**
     * Announces what will be loaded, if there is room for it.
     *
     * @param ownBytes    of a decoder's own weights
     * @param expertBytes of the experts this process holds
     */
    void expect(final long ownBytes, final long expertBytes) {
        final long bytes = backend.backend().planWeights(packed(ownBytes), packedExperts(expertBytes), deviceBytes);
        memory.require("The weights of this process", bytes, "spread the experts over more hosts or "
            + "lower --replicas" + (precision == Precision.F32 ? ", or choose --dtype bf16" : ""));
        progress.onExpected(ownBytes + expertBytes);
    }

    /** What weights of so many bytes in the operand type take, since quantised ones may stay so. */
    private long packed(final long operandBytes) {
        return backend.backend().packedBytes(checkpoint.expertTypes().getFirst(), dtype(),
            operandBytes / dtype().bytes());
    }

    private long packedExperts(final long operandBytes) {
        return backend.backend().packedFfnBytes(checkpoint.expertTypes(), dtype(),
            operandBytes / dtype().bytes());
    }

    /** Announces that a host's experts will be loaded, if the process may and can hold so many. */
    void expectExperts(final int count) {
        final long operandBytes = count * ExpertBank.expertBytes(checkpoint.configuration(), dtype());
        requireAllowed("this host", operandBytes);
        expect(0, operandBytes);
    }

    private void requireAllowed(final String whose, final long operandBytes) {
        final long bytes = packedExperts(operandBytes);
        if (bytes > expertBytes) {
            throw new ConvokeException(String.format(Locale.ROOT, "The experts of %s take %.1f GB, but "
                + "--expert-memory allows %.1f GB; raise it, spread the experts over more hosts or lower --replicas.",
                whose, bytes / GB, expertBytes / GB));
        }
    }

    /** What there is room for. */
    MemoryBudget memory() {
        return memory;
    }

    /** Bytes of a decoder's own weights, padding aside. */
    long decoderBytes() {
        return ModelArchitecture.of(checkpoint).weightBytes(checkpoint.configuration(), dtype());
    }

    /** Bytes of the experts that a placement gives to a host, padding aside. */
    long expertBytes(final Placement placement, final int host) {
        return ExpertBank.expertsOf(placement, host).size()
            * ExpertBank.expertBytes(checkpoint.configuration(), dtype());
    }

    /** The experts that a placement gives to a host; its owner closes it. */
    ExpertBank expertBank(final Placement placement, final int host) {
        requireAllowed("host " + host, expertBytes(placement, host));
        return expertBank(ExpertBank.expertsOf(placement, host));
    }

    /**
     * Loads experts for one host while it serves; its owner closes it, after the host.
     *
     * @param hosts that share the memory of this process
     */
    ExpertLoader expertLoader(final int hosts) {
        return new ExpertLoader(checkpoint, backend.backend(), dtype(), Math.min(expertBytes, machineBytes / hosts));
    }

    /** A host of those experts, for the thread of the kernels and the alarm; its owner adds a port, which it owns. */
    ExpertHostContext expertHost(final ExpertBank bank, final ExpertLoader loader, final Pace pace, final Alarm alarm,
        final Counters counters) {
        return new ExpertHostContext().bank(bank).loader(loader).kernels(kernels)
            .counters(counters).pace(pace).alarm(alarm)
            .hostId(ThreadLocalRandom.current().nextLong()).warnings(EXPERT_HOST_LOG::warn);
    }

    /** The experts of a list; its owner closes it. */
    ExpertBank expertBank(final List<ExpertId> experts) {
        return ExpertBank.load(checkpoint, backend.backend(), dtype(), experts, progress);
    }

    /** Replicas that fit into the memory that experts may take. */
    int room() {
        return (int)Math.min(Integer.MAX_VALUE, Math.min(expertBytes, machineBytes)
            / packedExperts(ExpertBank.expertBytes(checkpoint.configuration(), dtype())));
    }

    /** How fast a host of this model and pace is, in experts that compute a row in a second. */
    double speed(final Pace pace) {
        final ExpertId any = new ExpertId(0, 0);
        try (ExpertBank bank = ExpertBank.load(checkpoint, backend.backend(), dtype(), List.of(any),
            LoadProgress.NONE)) {
            return SpeedProbe.expertsPerSecond(bank, any, kernels, pace, SystemNanoClock.INSTANCE);
        }
    }

    @Override
    public void close() {
        pool.close();
        checkpoint.close();
    }
}
