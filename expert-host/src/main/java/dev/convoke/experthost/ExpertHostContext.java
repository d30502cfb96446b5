package dev.convoke.experthost;

import dev.convoke.core.Alarm;
import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import dev.convoke.core.NumericsId;
import dev.convoke.tensor.Kernels;
import dev.convoke.transport.FramePort;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of an {@link ExpertHost}. Port, bank and kernels must be given. */
public final class ExpertHostContext extends Context {
    private FramePort port;
    private ExpertBank bank;
    private ExpertLoader loader;
    private Kernels kernels;
    private NumericsId numerics;
    private long hostId;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private Counters counters = new Counters();
    private Consumer<String> warnings =
        sentence -> System.getLogger(ExpertHost.class.getName()).log(System.Logger.Level.WARNING, sentence);
    private int pendingRows = 4096;
    private int computeRows = 1024;
    private long partWaitNs = TimeUnit.MILLISECONDS.toNanos(1);
    private long answerTimeoutNs = TimeUnit.MILLISECONDS.toNanos(50);
    private long warningIntervalNs = TimeUnit.SECONDS.toNanos(10);
    private int refusalsPerSecond = 100;
    private Pace pace = Pace.REAL;
    private Alarm alarm = Alarm.NONE;

    @Override
    protected void validate() {
        require(port != null, "An expert host needs a port.");
        require(bank != null, "An expert host needs a bank of experts.");
        require(kernels != null, "An expert host needs kernels.");
        numerics = numerics == null ? kernels.backend().numerics() : numerics;
        final int frameRows = WireLimits.dispatchRows(port.maxFrameBytes(), rowBytes());
        require(WireLimits.combineResults(port.maxFrameBytes(), rowBytes()) > 0, "A row of " + rowBytes()
            + " bytes does not fit into a frame of " + port.maxFrameBytes() + "; raise max-frame-bytes.");
        require(pendingRows >= frameRows, "pending-rows is " + pendingRows + " but one frame of "
            + port.maxFrameBytes() + " bytes brings up to " + frameRows + " rows; raise pending-rows to that.");
        require((long)pendingRows * (rowBytes() + 128) < Integer.MAX_VALUE,
            "pending-rows is " + pendingRows + ": more than 2 GiB at " + rowBytes() + " bytes a row; lower it.");
        require(computeRows > 0 && (long)computeRows * (rowBytes() + 128) < Integer.MAX_VALUE,
            "compute-rows is " + computeRows + "; choose at least 1 and less than 2 GiB of rows.");
        require(partWaitNs >= 0, "part-wait is " + partWaitNs + " ns; it must not be negative.");
        require(answerTimeoutNs >= 1000, "answer-timeout is " + answerTimeoutNs + " ns; choose 1000 or more.");
        require(warningIntervalNs > 0, "warning-interval is " + warningIntervalNs + " ns; choose a positive time.");
        require(refusalsPerSecond > 0, "refusals-per-second is " + refusalsPerSecond + "; choose at least 1.");
    }

    /** Bytes of a row on the wire. */
    int rowBytes() {
        return bank.model().hiddenSize() * bank.dtype().bytes();
    }

    /** Where dispatches come from; the host closes it in {@link ExpertHost#onClose()}. */
    public ExpertHostContext port(final FramePort framePort) {
        checkMutable();
        port = framePort;
        return this;
    }

    /** Where dispatches come from. */
    public FramePort port() {
        return port;
    }

    /** The experts served; stays its owner's to close. */
    public ExpertHostContext bank(final ExpertBank expertBank) {
        checkMutable();
        bank = expertBank;
        return this;
    }

    /** The experts served. */
    public ExpertBank bank() {
        return bank;
    }

    /**
     * Loads and frees experts while the host serves, for this host alone; stays its owner's to close, after the host.
     * Without one the host keeps to what the bank was loaded with.
     */
    public ExpertHostContext loader(final ExpertLoader expertLoader) {
        checkMutable();
        loader = expertLoader;
        return this;
    }

    /** Loads and frees experts while the host serves, or null. */
    public ExpertLoader loader() {
        return loader;
    }

    /** Arithmetic of the backend that packed the bank; the pool may be shared with whoever runs on the same thread. */
    public ExpertHostContext kernels(final Kernels arithmetic) {
        checkMutable();
        kernels = arithmetic;
        return this;
    }

    /** Arithmetic of the backend that packed the bank. */
    public Kernels kernels() {
        return kernels;
    }

    /** The set of bits the kernels compute, their backend's unless set; decoders of another are refused. */
    public ExpertHostContext numerics(final NumericsId id) {
        checkMutable();
        numerics = id;
        return this;
    }

    /** The set of bits the kernels compute. */
    public NumericsId numerics() {
        return numerics;
    }

    /** Random, chosen at start: a new one tells a restarted host. */
    public ExpertHostContext hostId(final long id) {
        checkMutable();
        hostId = id;
        return this;
    }

    /** Random, chosen at start. */
    public long hostId() {
        return hostId;
    }

    /** Monotonic time, for timings in answers and for deadlines. */
    public ExpertHostContext clock(final NanoClock nanoClock) {
        checkMutable();
        clock = nanoClock;
        return this;
    }

    /** Monotonic time. */
    public NanoClock clock() {
        return clock;
    }

    /** Where the host registers its counters; one host a registry. */
    public ExpertHostContext counters(final Counters registry) {
        checkMutable();
        counters = registry;
        return this;
    }

    /** Where the host registers its counters. */
    public Counters counters() {
        return counters;
    }

    /** Takes sentences about refused or damaged input, at most one an interval; called between duty cycles' work. */
    public ExpertHostContext warnings(final Consumer<String> sink) {
        checkMutable();
        warnings = sink;
        return this;
    }

    /** Takes sentences about refused or damaged input. */
    public Consumer<String> warnings() {
        return warnings;
    }

    /** Hidden rows held between arrival and computation; at least what one frame can bring. */
    public ExpertHostContext pendingRows(final int rows) {
        checkMutable();
        pendingRows = rows;
        return this;
    }

    /** Hidden rows held between arrival and computation. */
    public int pendingRows() {
        return pendingRows;
    }

    /** Rows of one grouped FFN; more are computed in several, each answered when it is done. */
    public ExpertHostContext computeRows(final int rows) {
        checkMutable();
        computeRows = rows;
        return this;
    }

    /** Rows of one grouped FFN. */
    public int computeRows() {
        return computeRows;
    }

    /**
     * How long a dispatch waits for each further part of its exchange before it is computed without, at least: an
     * eighth of what the batch before took, if that is longer.
     */
    public ExpertHostContext partWaitNs(final long waitNs) {
        checkMutable();
        partWaitNs = waitNs;
        return this;
    }

    /** How long a dispatch waits at least for each further part of its exchange before it is computed without. */
    public long partWaitNs() {
        return partWaitNs;
    }

    /** How long answers wait for a decoder that takes none of them before they are dropped. */
    public ExpertHostContext answerTimeoutNs(final long timeoutNs) {
        checkMutable();
        answerTimeoutNs = timeoutNs;
        return this;
    }

    /** How long answers wait for a decoder that takes none of them before they are dropped. */
    public long answerTimeoutNs() {
        return answerTimeoutNs;
    }

    /** Least time between two warnings of one kind. */
    public ExpertHostContext warningIntervalNs(final long intervalNs) {
        checkMutable();
        warningIntervalNs = intervalNs;
        return this;
    }

    /** Least time between two warnings of one kind. */
    public long warningIntervalNs() {
        return warningIntervalNs;
    }

    /** Most refusals and welcomes one peer is sent in a second; what it asks beyond that is dropped and counted. */
    public ExpertHostContext refusalsPerSecond(final int refusals) {
        checkMutable();
        refusalsPerSecond = refusals;
        return this;
    }

    /** Most refusals and welcomes one peer is sent in a second. */
    public int refusalsPerSecond() {
        return refusalsPerSecond;
    }

    /** The device to stand for: answers are computed at once and released when it would have computed them. */
    public ExpertHostContext pace(final Pace ofDevice) {
        checkMutable();
        pace = ofDevice;
        return this;
    }

    /** The device to stand for. */
    public Pace pace() {
        return pace;
    }

    /** Of the thread that runs the host: set for when a paced batch is over. */
    public ExpertHostContext alarm(final Alarm ofThread) {
        checkMutable();
        alarm = ofThread;
        return this;
    }

    /** Of the thread that runs the host. */
    public Alarm alarm() {
        return alarm;
    }
}
