package dev.convoke.loadbalance.trace;

import java.util.Arrays;

/**
 * The routes of one step: its rows in runs, each a stretch of one sequence, and for each layer the experts that each
 * row chose, slot by slot. Reused from step to step; owned by one thread.
 */
public final class TraceStep {
    private static final int FIRST_RUNS = 16;

    private final int layers;
    private final int topK;
    private final boolean[] routed;
    private long number;
    private long timeUs;
    private int runs;
    private int rows;
    private int routedLayers;
    private long[] sequences = new long[FIRST_RUNS];
    private int[] positions = new int[FIRST_RUNS];
    private int[] runRows = new int[FIRST_RUNS];
    private int[] labels = new int[FIRST_RUNS];
    private boolean[] decodes = new boolean[FIRST_RUNS];
    private short[] experts = {};

    /** For steps of traces with this header. */
    public TraceStep(final TraceHeader header) {
        layers = header.layers();
        topK = header.topK();
        routed = new boolean[layers];
    }

    /**
     * Empties it.
     *
     * @param stepNumber counts the steps of a recording from 0, dropped ones too
     * @param stepTimeUs microseconds since the recording began
     */
    public void start(final long stepNumber, final long stepTimeUs) {
        number = stepNumber;
        timeUs = stepTimeUs;
        runs = 0;
        rows = 0;
        routedLayers = 0;
        Arrays.fill(routed, false);
    }

    /**
     * Adds consecutive rows of a sequence; all runs come before the first layer.
     *
     * @param sequence number of it
     * @param position of its first row
     * @param count    of rows
     * @param decode   whether this is its next token, not its prompt
     * @param label    index among the trace's labels, 0 for none
     */
    public void addRun(final long sequence, final int position, final int count, final boolean decode,
        final int label) {
        if (runs == sequences.length) {
            final int room = 2 * runs;
            sequences = Arrays.copyOf(sequences, room);
            positions = Arrays.copyOf(positions, room);
            runRows = Arrays.copyOf(runRows, room);
            labels = Arrays.copyOf(labels, room);
            decodes = Arrays.copyOf(decodes, room);
        }
        sequences[runs] = sequence;
        positions[runs] = position;
        runRows[runs] = count;
        decodes[runs] = decode;
        labels[runs] = label;
        runs++;
        rows += count;
    }

    /** Begins a layer, whose entries are then chosen one by one. */
    public void addLayer(final int layer) {
        if (!routed[layer]) {
            routed[layer] = true;
            routedLayers++;
        }
        final int entries = layers * rows * topK;
        if (experts.length < entries) {
            experts = Arrays.copyOf(experts, entries);
        }
    }

    /** Sets the expert of one entry of a layer that was begun. */
    public void choose(final int layer, final int row, final int slot, final int expert) {
        experts[(layer * rows + row) * topK + slot] = (short)expert;
    }

    /** Counts the steps of a recording from 0, dropped ones too. */
    public long number() {
        return number;
    }

    /** Microseconds since the recording began. */
    public long timeUs() {
        return timeUs;
    }

    /** Rows of the step. */
    public int rows() {
        return rows;
    }

    /** Stretches of rows, each of one sequence. */
    public int runs() {
        return runs;
    }

    /** The sequence of a run. */
    public long sequence(final int run) {
        return sequences[run];
    }

    /** The position of a run's first row in its sequence. */
    public int position(final int run) {
        return positions[run];
    }

    /** Rows of a run. */
    public int rows(final int run) {
        return runRows[run];
    }

    /** Whether a run is a sequence's next token, not its prompt. */
    public boolean isDecode(final int run) {
        return decodes[run];
    }

    /** The label of a run, 0 for none. */
    public int label(final int run) {
        return labels[run];
    }

    /** Whether a layer has routes in this step. */
    public boolean isRouted(final int layer) {
        return routed[layer];
    }

    /** How many layers have routes in this step. */
    public int routedLayers() {
        return routedLayers;
    }

    /** The expert that a row of a routed layer chose in a slot. */
    public int expert(final int layer, final int row, final int slot) {
        return experts[(layer * rows + row) * topK + slot];
    }
}
