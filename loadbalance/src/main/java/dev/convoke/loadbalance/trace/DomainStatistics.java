package dev.convoke.loadbalance.trace;

import dev.convoke.loadbalance.CoActivation;
import dev.convoke.loadbalance.ExpertLoad;

/**
 * What the rows of one domain do to the experts of each layer: how many choose each, which are chosen together, and
 * how many an average step wakes. Arrays handed out are fresh. A row counts as often as it was computed, so also again
 * after a preemption, as it is load again.
 */
public final class DomainStatistics {
    /** {@link #add}: rows of every label. */
    static final int ANY_LABEL = -1;

    private final String name;
    private final int layers;
    private final int experts;
    private final int topK;
    private final long[][] load;
    private final long[] layerRows;
    private final long[][] together;
    private final long[][] next;
    private final ActiveExperts active;
    private long rows;
    private long decodeRows;
    private long steps;

    DomainStatistics(final String name, final TraceHeader header) {
        this.name = name;
        this.layers = header.layers();
        this.experts = header.experts();
        this.topK = header.topK();
        this.load = new long[layers][experts];
        this.layerRows = new long[layers];
        this.together = new long[layers][];
        this.next = new long[layers][];
        this.active = new ActiveExperts(layers, experts);
    }

    /** Adds the rows of a step that carry a label. */
    void add(final TraceStep step, final int label) {
        int stepRows = 0;
        for (int run = 0; run < step.runs(); run++) {
            if (label == ANY_LABEL || step.label(run) == label) {
                stepRows += step.rows(run);
                decodeRows += step.isDecode(run) ? step.rows(run) : 0;
            }
        }
        rows += stepRows;
        steps++;
        int before = -1;
        for (int layer = 0; layer < layers; layer++) {
            if (step.isRouted(layer)) {
                addLayer(step, label, layer, before);
                active.endLayer(layer, stepRows);
                layerRows[layer] += stepRows;
                before = layer;
            }
        }
    }

    private void addLayer(final TraceStep step, final int label, final int layer, final int before) {
        together[layer] = together[layer] == null ? new long[experts * experts] : together[layer];
        if (before >= 0 && next[before] == null) {
            next[before] = new long[experts * experts];
        }
        int row = 0;
        for (int run = 0; run < step.runs(); run++) {
            final int end = row + step.rows(run);
            for (; row < end && (label == ANY_LABEL || step.label(run) == label); row++) {
                addRow(step, layer, before, row);
            }
            row = end;
        }
    }

    private void addRow(final TraceStep step, final int layer, final int before, final int row) {
        for (int slot = 0; slot < topK; slot++) {
            final int expert = step.expert(layer, row, slot);
            load[layer][expert]++;
            active.note(layer, expert);
            for (int other = 0; other < slot; other++) {
                final int partner = step.expert(layer, row, other);
                together[layer][expert * experts + partner]++;
                together[layer][partner * experts + expert]++;
            }
            for (int other = 0; before >= 0 && other < topK; other++) {
                next[before][step.expert(before, row, other) * experts + expert]++;
            }
        }
    }

    /** Its label, or one of the names of {@link TraceStatistics}. */
    public String name() {
        return name;
    }

    /** Rows of all its steps. */
    public long rows() {
        return rows;
    }

    /** Rows that are a sequence's next token; the others are prompts. */
    public long decodeRows() {
        return decodeRows;
    }

    /** Steps that had rows of it. */
    public long steps() {
        return steps;
    }

    /** Whether a layer has routes at all. */
    public boolean isRouted(final int layer) {
        return layerRows[layer] > 0;
    }

    /** Rows of a layer. */
    public long rows(final int layer) {
        return layerRows[layer];
    }

    /** How many rows chose each expert of a layer. */
    public long[] load(final int layer) {
        return load[layer].clone();
    }

    /** Rows that chose each expert, and in how many steps there was one: what placements are planned from. */
    public ExpertLoad expertLoad() {
        final double[][] tokens = new double[layers][experts];
        final double[][] activeSteps = new double[layers][experts];
        for (int layer = 0; layer < layers; layer++) {
            final long[] ofExperts = active.stepsOfExperts(layer);
            for (int expert = 0; expert < experts; expert++) {
                tokens[layer][expert] = load[layer][expert];
                activeSteps[layer][expert] = ofExperts[expert];
            }
        }
        return ExpertLoad.of(tokens, activeSteps, steps);
    }

    /** Rows that chose two experts of a layer together, for all layers. */
    public CoActivation coActivation() {
        final CoActivation.Builder builder = CoActivation.builder(layers, experts);
        for (int layer = 0; layer < layers; layer++) {
            for (int first = 1; together[layer] != null && first < experts; first++) {
                for (int second = 0; second < first; second++) {
                    builder.add(layer, first, second, together[layer][first * experts + second]);
                }
            }
        }
        return builder.build();
    }

    /** How many rows of a layer chose both of two experts: [experts][experts], symmetric, 0 on the diagonal. */
    public double[][] together(final int layer) {
        return square(together[layer]);
    }

    /**
     * How many rows chose the first expert in this layer and the second one in the next layer that has routes:
     * [experts][experts]; all 0 for the last.
     */
    public double[][] nextLayer(final int layer) {
        return square(next[layer]);
    }

    private double[][] square(final long[] counts) {
        final double[][] result = new double[experts][experts];
        for (int i = 0; counts != null && i < counts.length; i++) {
            result[i / experts][i % experts] = counts[i];
        }
        return result;
    }

    /** Load of the busiest expert of a layer over the mean of all: 1 when balanced; NaN without rows. */
    public double maxOverMean(final int layer) {
        long most = 0;
        for (final long rowsOfExpert : load[layer]) {
            most = Math.max(most, rowsOfExpert);
        }
        return (double)most * experts / (layerRows[layer] * topK);
    }

    /** The mean over the busiest: 1 when balanced, towards 0 when not; NaN without rows. */
    public double balancedness(final int layer) {
        return 1 / maxOverMean(layer);
    }

    /** How many experts its steps wake. */
    public ActiveExperts active() {
        return active;
    }
}
