package dev.convoke.bench.model;

import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepObserver;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;

/**
 * When each step of a run had its logits, and what it computed. Written by the decoder's thread; read by another once
 * the decoder is idle. Room for more steps than a run has, so that nothing is allocated during it.
 */
public final class StepLog implements StepObserver {
    private final long[] timesNs;
    private final int[] rows;
    private final int[] logitRows;
    private final int[] expertsRead;
    private volatile int steps;
    private int readInStep;

    /** Remembers at most so many steps. */
    public StepLog(final int mostSteps) {
        timesNs = new long[mostSteps];
        rows = new int[mostSteps];
        logitRows = new int[mostSteps];
        expertsRead = new int[mostSteps];
    }

    /** Forgets all; while the decoder is idle. */
    void clear() {
        steps = 0;
        readInStep = 0;
    }

    @Override
    public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits, final RoutingPlan plan) {
        for (int expert = 0; expert < plan.experts(); expert++) {
            readInStep += plan.count(expert) > 0 ? 1 : 0;
        }
    }

    @Override
    public void onLogits(final StepBatch batch, final RowBuffer logits) {
        final int step = steps;
        if (step < timesNs.length) {
            timesNs[step] = System.nanoTime();
            rows[step] = batch.rows();
            logitRows[step] = batch.logitRows();
            expertsRead[step] = readInStep;
            readInStep = 0;
            steps = step + 1;
        }
    }

    /** What the steps after one moment and up to another one did. */
    StepSums between(final long afterNs, final long upToNs) {
        long count = 0;
        long allRows = 0;
        long allLogitRows = 0;
        long allExperts = 0;
        for (int step = 0; step < steps; step++) {
            if (timesNs[step] - afterNs > 0 && timesNs[step] - upToNs <= 0) {
                count++;
                allRows += rows[step];
                allLogitRows += logitRows[step];
                allExperts += expertsRead[step];
            }
        }
        return new StepSums(count, allRows, allLogitRows, allExperts);
    }

    /**
     * Sums over steps.
     *
     * @param steps       how many
     * @param rows        computed
     * @param logitRows   of which logits were wanted
     * @param expertsRead experts with rows, once for each layer of each step
     */
    record StepSums(long steps, long rows, long logitRows, long expertsRead) {
    }
}
