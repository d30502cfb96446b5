package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.Gate;
import dev.convoke.routing.RoutingContext;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.KvPages;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of a {@link Decoder}. */
public final class DecoderContext extends Context {
    private static final long DEFAULT_KV_BYTES = 256L << 20;

    private Checkpoint checkpoint;
    private Kernels kernels;
    private Gate gate;
    private RoutingContext routing;
    private DType dtype = DType.BF16;
    private int maxSequences = 16;
    private int maxWaiting = 256;
    private int maxContext;
    private int tokenBudget = 256;
    private int prefillChunk;
    private long kvBytes = DEFAULT_KV_BYTES;
    private int kvPages;
    private Capacity capacity = Capacity.DROPLESS;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private Counters counters = new Counters();
    private StepObserver observer = StepObserver.NONE;
    private LoadProgress progress = LoadProgress.NONE;
    private Runnable wakeUp = () -> { };

    @Override
    protected void validate() {
        require(checkpoint != null && kernels != null && gate != null && routing != null,
            "A decoder needs a checkpoint, kernels, a gate and routing.");
        require(dtype == DType.F32 || dtype == DType.BF16, "dtype is " + dtype + "; choose f32 or bf16.");
        require(maxSequences > 0, "max-sequences is " + maxSequences + "; choose 1 or more.");
        require(maxWaiting > 0, "max-waiting is " + maxWaiting + "; choose 1 or more.");
        require(tokenBudget >= maxSequences, "token-budget (" + tokenBudget + ") is below max-sequences ("
            + maxSequences + "), so that not all could decode in one step; raise it or lower max-sequences.");
        require(tokenBudget <= routing.capacityRows(), "token-budget (" + tokenBudget
            + ") is above the routing service's capacity-rows (" + routing.capacityRows() + "); make them agree.");
        final int modelPositions = checkpoint.configuration().maxPositions();
        maxContext = maxContext == 0 ? modelPositions : maxContext;
        require(maxContext > 0 && maxContext <= modelPositions, "max-context is " + maxContext
            + "; choose at most the model's " + modelPositions + " positions.");
        prefillChunk = prefillChunk == 0 ? tokenBudget : prefillChunk;
        require(prefillChunk > 0 && prefillChunk <= tokenBudget, "prefill-chunk is " + prefillChunk
            + "; choose 1 to token-budget (" + tokenBudget + ").");
        require(kvPages > 0 || kvBytes > 0, "kv-bytes is " + kvBytes + "; choose more than 0.");
        if (kvPages == 0) {
            final long useful = (long)maxSequences * Sequence.pagesFor(maxContext);
            kvPages = Math.clamp(Math.min(useful, kvBytes / pageBytes()), 1, Integer.MAX_VALUE);
        }
    }

    /** The model; stays its owner's to close, after the decoder. */
    public DecoderContext checkpoint(final Checkpoint model) {
        checkMutable();
        checkpoint = model;
        return this;
    }

    /** The model. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Arithmetic, for the decoder's thread alone; the worker pool stays its owner's to close. */
    public DecoderContext kernels(final Kernels backend) {
        checkMutable();
        kernels = backend;
        return this;
    }

    /** Arithmetic. */
    public Kernels kernels() {
        return kernels;
    }

    /** Picks experts. */
    public DecoderContext gate(final Gate expertGate) {
        checkMutable();
        gate = expertGate;
        return this;
    }

    /** Picks experts. */
    public Gate gate() {
        return gate;
    }

    /** How to reach the experts, concluded; the decoder makes the routing service from it and closes that. */
    public DecoderContext routing(final RoutingContext context) {
        checkMutable();
        routing = context;
        return this;
    }

    /** How to reach the experts. */
    public RoutingContext routing() {
        return routing;
    }

    /** Operand type, f32 or bf16. */
    public DecoderContext dtype(final DType operandType) {
        checkMutable();
        dtype = operandType;
        return this;
    }

    /** Operand type. */
    public DType dtype() {
        return dtype;
    }

    /** Sequences that run together. */
    public DecoderContext maxSequences(final int count) {
        checkMutable();
        maxSequences = count;
        return this;
    }

    /** Sequences that run together. */
    public int maxSequences() {
        return maxSequences;
    }

    /** Requests that may wait for their first step. */
    public DecoderContext maxWaiting(final int count) {
        checkMutable();
        maxWaiting = count;
        return this;
    }

    /** Requests that may wait for their first step. */
    public int maxWaiting() {
        return maxWaiting;
    }

    /** Positions of the longest sequence, prompt and sampled tokens together; 0 takes the model's. */
    public DecoderContext maxContext(final int positions) {
        checkMutable();
        maxContext = positions;
        return this;
    }

    /** Positions of the longest sequence. */
    public int maxContext() {
        return maxContext;
    }

    /** The most rows of one step; decodes come first, prefill chunks fill what is left. */
    public DecoderContext tokenBudget(final int rows) {
        checkMutable();
        tokenBudget = rows;
        return this;
    }

    /** The most rows of one step. */
    public int tokenBudget() {
        return tokenBudget;
    }

    /** The most rows of one prompt in one step; 0 takes the token budget. */
    public DecoderContext prefillChunk(final int rows) {
        checkMutable();
        prefillChunk = rows;
        return this;
    }

    /** The most rows of one prompt in one step. */
    public int prefillChunk() {
        return prefillChunk;
    }

    /** Memory of the key-value cache at most; less is taken where all sequences fit in less. */
    public DecoderContext kvBytes(final long bytes) {
        checkMutable();
        kvBytes = bytes;
        return this;
    }

    /** Memory of the key-value cache at most. */
    public long kvBytes() {
        return kvBytes;
    }

    /** Pages of the key-value cache, of 16 positions each; 0 derives them from {@link #kvBytes()}. */
    public DecoderContext kvPages(final int count) {
        checkMutable();
        kvPages = count;
        return this;
    }

    /** Pages of the key-value cache; 0 until the settings are concluded if derived. */
    public int kvPages() {
        return kvPages;
    }

    /** Memory that the key-value cache takes; once the settings are concluded. */
    public long kvCacheBytes() {
        return kvPages * pageBytes();
    }

    private long pageBytes() {
        final ModelConfiguration model = checkpoint.configuration();
        return KvPages.pageBytes(dtype, model.layers(), model.kvHeads(), model.headDim());
    }

    /** How many rows of a step an expert may take, and what becomes of more; no limit by default. */
    public DecoderContext capacity(final Capacity ofExperts) {
        checkMutable();
        capacity = ofExperts;
        return this;
    }

    /** How many rows of a step an expert may take, and what becomes of more. */
    public Capacity capacity() {
        return capacity;
    }

    /** Monotonic time. */
    public DecoderContext clock(final NanoClock nanoClock) {
        checkMutable();
        clock = nanoClock;
        return this;
    }

    /** Monotonic time. */
    public NanoClock clock() {
        return clock;
    }

    /** Where the decoder registers its counters; one decoder each. */
    public DecoderContext counters(final Counters registry) {
        checkMutable();
        counters = registry;
        return this;
    }

    /** The decoder's counters. */
    public Counters counters() {
        return counters;
    }

    /** Sees what each step computes; nobody by default. */
    public DecoderContext observer(final StepObserver stepObserver) {
        checkMutable();
        observer = stepObserver;
        return this;
    }

    /** Sees what each step computes. */
    public StepObserver observer() {
        return observer;
    }

    /** Hears how far the decoder's own weights are loaded; nobody by default. */
    public DecoderContext progress(final LoadProgress loadProgress) {
        checkMutable();
        progress = loadProgress;
        return this;
    }

    /** Hears how far the decoder's own weights are loaded. */
    public LoadProgress progress() {
        return progress;
    }

    /** Called on a submitting or cancelling thread, to unpark the decoder's if it may be parked; nothing by default. */
    public DecoderContext wakeUp(final Runnable hook) {
        checkMutable();
        wakeUp = hook;
        return this;
    }

    /** Unparks the decoder's thread. */
    public Runnable wakeUp() {
        return wakeUp;
    }
}
