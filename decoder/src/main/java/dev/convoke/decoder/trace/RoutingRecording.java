package dev.convoke.decoder.trace;

import dev.convoke.core.ConfigurationException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.StepBatch;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.trace.TraceHeader;
import dev.convoke.loadbalance.trace.TraceStep;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.BitUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * One recording: a ring that the decoder's thread fills, step by step, and another thread empties. A step for which
 * there is no room is left out whole and counted; the decoder never waits. The decoder's side neither allocates nor
 * locks. Each method says whose it is.
 */
public final class RoutingRecording {
    private static final long LEAST_RING_BYTES = 4L << 20;
    private static final long MOST_RING_BYTES = 1L << 30;
    /** Of the largest size, so that some find room while the reader is away. */
    private static final int LARGEST_STEPS = 16;
    private static final int STEP_TYPE = 1;

    private static final int NUMBER = 0;
    private static final int TIME_US = 8;
    private static final int RUNS = 16;
    private static final int FIRST_RUN = 24;
    private static final int RUN_SEQUENCE = 0;
    private static final int RUN_POSITION = 8;
    private static final int RUN_ROWS = 12;
    private static final int RUN_LABEL = 16;
    private static final int RUN_DECODES = 20;
    private static final int RUN_BYTES = 24;

    private final TraceHeader header;
    private final String domain;
    private final NanoClock clock;
    private final Consumer<RoutingRecording> onStop;
    private final long startNs;
    private final OneToOneRingBuffer ring;
    private final AtomicBuffer buffer;
    private final LabelTable labels = new LabelTable();
    private final MessageHandler handler = this::onStep;

    private long nextStep;
    private int claim;
    private int routed;
    private int rows;
    private volatile long droppedSteps;
    private volatile boolean stopped;
    private TraceStep taken;

    RoutingRecording(final TraceHeader header, final String domain, final NanoClock clock,
        final Consumer<RoutingRecording> onStop) {
        this.header = header;
        this.domain = domain;
        this.clock = clock;
        this.onStop = onStop;
        this.startNs = clock.nanoTime();
        this.ring = new OneToOneRingBuffer(new UnsafeBuffer(allocate(
            ringBytes() + RingBufferDescriptor.TRAILER_LENGTH)));
        this.buffer = ring.buffer();
    }

    private int ringBytes() {
        final long bytes = LARGEST_STEPS * stepBytes(header.mostRows(), header.mostRows());
        if (bytes > MOST_RING_BYTES) {
            throw new ConfigurationException("Steps of " + header.mostRows() + " rows are too large to be recorded; "
                + "lower --token-budget.");
        }
        return BitUtil.findNextPositivePowerOfTwo((int)Math.max(LEAST_RING_BYTES, bytes));
    }

    private static ByteBuffer allocate(final int bytes) {
        try {
            return ByteBuffer.allocateDirect(bytes);
        } catch (final OutOfMemoryError e) {
            throw new ConfigurationException("There is no memory for a recording's ring of " + bytes + " bytes; raise "
                + "-XX:MaxDirectMemorySize or lower --token-budget.", e);
        }
    }

    /** A flag for each layer and room for all of them follow the runs. */
    private long stepBytes(final int runs, final int stepRows) {
        return FIRST_RUN + (long)RUN_BYTES * runs + header.layers()
            + (long)Short.BYTES * header.layers() * stepRows * header.topK();
    }

    /** What the trace begins with. Any thread. */
    public TraceHeader header() {
        return header;
    }

    /** Starts a step; false if there is no room and it is left out. The decoder's thread. */
    boolean tryBeginStep(final StepBatch batch) {
        final long number = nextStep++;
        final int runs = countRuns(batch);
        rows = batch.rows();
        claim = ring.tryClaim(STEP_TYPE, (int)stepBytes(runs, rows));
        if (claim <= 0) {
            // One thread alone writes it.
            droppedSteps = droppedSteps + 1;
            return false;
        }
        buffer.putLong(claim + NUMBER, number);
        buffer.putLong(claim + TIME_US, TimeUnit.NANOSECONDS.toMicros(clock.nanoTime() - startNs));
        buffer.putInt(claim + RUNS, runs);
        putRuns(batch);
        routed = claim + FIRST_RUN + RUN_BYTES * runs;
        buffer.setMemory(routed, header.layers(), (byte)0);
        return true;
    }

    private static int countRuns(final StepBatch batch) {
        int runs = 0;
        for (int row = 0; row < batch.rows(); row++) {
            runs += isFirstOfRun(batch, row) ? 1 : 0;
        }
        return runs;
    }

    private static boolean isFirstOfRun(final StepBatch batch, final int row) {
        return row == 0 || batch.request(row) != batch.request(row - 1);
    }

    private void putRuns(final StepBatch batch) {
        int at = claim + FIRST_RUN;
        for (int row = 0; row < rows; at += RUN_BYTES) {
            final GenerationRequest request = batch.request(row);
            final int first = row;
            do {
                row++;
            } while (row < rows && !isFirstOfRun(batch, row));
            // A lone row of the prompt's end is prefill; several rows behind the prompt are computed again.
            final boolean decodes = row - first == 1 && batch.position(first) >= request.promptLength();
            buffer.putLong(at + RUN_SEQUENCE, Math.max(0, request.number()));
            buffer.putInt(at + RUN_POSITION, batch.position(first));
            buffer.putInt(at + RUN_ROWS, row - first);
            buffer.putInt(at + RUN_LABEL, labels.indexOf(request.label().isEmpty() ? domain : request.label()));
            buffer.putInt(at + RUN_DECODES, decodes ? 1 : 0);
        }
    }

    /** Copies the routes of a layer of the step under way. The decoder's thread. */
    void addLayer(final int layer, final RoutingPlan plan) {
        buffer.putByte(routed + layer, (byte)1);
        final int entries = plan.entries();
        int at = routes(routed, layer, rows);
        for (int entry = 0; entry < entries; entry++) {
            buffer.putShort(at, (short)plan.expert(entry));
            at += Short.BYTES;
        }
    }

    private int routes(final int flags, final int layer, final int stepRows) {
        return flags + header.layers() + Short.BYTES * layer * stepRows * header.topK();
    }

    /** The step under way is complete. The decoder's thread. */
    void endStep() {
        ring.commit(claim);
    }

    /** The step under way has failed. The decoder's thread. */
    void abandonStep() {
        ring.abort(claim);
    }

    /**
     * Takes the oldest step that is there. The reader's thread.
     *
     * @param step overwritten if there is one
     * @return whether there was one
     */
    public boolean poll(final TraceStep step) {
        taken = step;
        return ring.read(handler, 1) > 0;
    }

    private void onStep(final int type, final MutableDirectBuffer from, final int index, final int length) {
        taken.start(from.getLong(index + NUMBER), from.getLong(index + TIME_US));
        final int runs = from.getInt(index + RUNS);
        for (int run = 0; run < runs; run++) {
            final int at = index + FIRST_RUN + run * RUN_BYTES;
            taken.addRun(from.getLong(at + RUN_SEQUENCE), from.getInt(at + RUN_POSITION), from.getInt(at + RUN_ROWS),
                from.getInt(at + RUN_DECODES) == 1, from.getInt(at + RUN_LABEL));
        }
        final int flags = index + FIRST_RUN + runs * RUN_BYTES;
        for (int layer = 0; layer < header.layers(); layer++) {
            if (from.getByte(flags + layer) == 1) {
                takeLayer(layer, from, routes(flags, layer, taken.rows()));
            }
        }
    }

    private void takeLayer(final int layer, final MutableDirectBuffer from, final int first) {
        taken.addLayer(layer);
        int at = first;
        for (int row = 0; row < taken.rows(); row++) {
            for (int slot = 0; slot < header.topK(); slot++) {
                taken.choose(layer, row, slot, from.getShort(at));
                at += Short.BYTES;
            }
        }
    }

    /** The text of a label that a step taken before uses. The reader's thread. */
    String label(final int index) {
        return labels.label(index);
    }

    /** Steps left out so far. Any thread. */
    public long droppedSteps() {
        return droppedSteps;
    }

    /** Takes no more steps; what is in the ring can still be taken. Any thread. */
    public void stop() {
        stopped = true;
        onStop.accept(this);
    }

    /** Whether no more steps are taken. Any thread. */
    public boolean isStopped() {
        return stopped;
    }
}
