package dev.convoke.experthost;

import dev.convoke.core.Counter;

/**
 * When the batches of a paced host begin and end: one after the other, each for as long as the pace says. A batch that
 * takes longer in reality ends when it does, and is counted.
 */
final class Timetable {
    private static final int OPERATIONS_PER_WEIGHT = 2;

    private final Pace pace;
    private final long expertBytes;
    private final long rowOperations;
    private final Counter overruns;
    private boolean used;
    private long startNs;
    private long endNs;

    /** One without batches. */
    Timetable(final ExpertHostContext context, final Counter overruns) {
        final ExpertBank bank = context.bank();
        this.pace = context.pace();
        final long operandBytes = ExpertBank.expertBytes(bank.model(), bank.dtype());
        // Quantised weights are fewer; padding is this machine's affair.
        this.expertBytes = Math.min(operandBytes, bank.expertBytes());
        this.rowOperations = OPERATIONS_PER_WEIGHT * operandBytes / bank.dtype().bytes();
        this.overruns = overruns;
    }

    boolean isReal() {
        return pace.isReal();
    }

    /**
     * Enters a batch that has been computed.
     *
     * @param arrivedNs   when the last of its frames came
     * @param realStartNs when it was begun in reality
     * @param realNs      how long it took
     * @param experts     with rows
     * @param rows        of all of them
     */
    void enter(final long arrivedNs, final long realStartNs, final long realNs, final int experts, final int rows) {
        startNs = used && endNs - arrivedNs > 0 ? endNs : arrivedNs;
        used = true;
        endNs = startNs + pace.batchNs(experts * expertBytes, rows * rowOperations, realNs);
        final long realEndNs = realStartNs + realNs;
        if (endNs - realEndNs < 0) {
            overruns.increment();
            endNs = realEndNs;
        }
    }

    /** When the batch entered last began. */
    long startNs() {
        return startNs;
    }

    /** How long it took. */
    long computeNs() {
        return endNs - startNs;
    }

    /** When its results may go. */
    long endNs() {
        return endNs;
    }

    boolean isEnded(final long nowNs) {
        return !used || nowNs - endNs >= 0;
    }
}
