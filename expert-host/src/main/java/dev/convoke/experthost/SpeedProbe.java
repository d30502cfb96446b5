package dev.convoke.experthost;

import dev.convoke.core.ExpertId;
import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;

/**
 * How fast a host is before anybody has asked it for anything, so that it can be given a fitting share: how often in a
 * second it computes one row with one expert. The weights stay in caches, so that this says more of how hosts compare
 * than of what they will do.
 */
public final class SpeedProbe {
    private static final long WARM_UP_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long MEASURED_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int OPERATIONS_PER_WEIGHT = 2;
    private static final double NS_PER_SECOND = 1e9;

    private SpeedProbe() {
    }

    /**
     * Measures for a fifth of a second; on the thread of the kernels, before a host is run by it.
     *
     * @param bank  that holds the expert
     * @param pace  of the device that the host stands for
     */
    public static double expertsPerSecond(final ExpertBank bank, final ExpertId expert, final Kernels kernels,
        final Pace pace, final NanoClock clock) {
        try (Arena arena = kernels.backend().newArena()) {
            final RowBuffer row = new RowBuffer(arena, bank.dtype(), 1, bank.model().hiddenSize());
            final FfnBatch batch = kernels.ffnBatch(arena, new FfnShape(bank.dtype(), 1, 1, bank.model().hiddenSize(),
                bank.model().expertWidth()));
            run(batch, bank, expert, row, clock, WARM_UP_NS);
            final double ownNs = run(batch, bank, expert, row, clock, MEASURED_NS);
            final long operandBytes = ExpertBank.expertBytes(bank.model(), bank.dtype());
            return NS_PER_SECOND / (pace.isReal() ? ownNs : Math.max(ownNs, pace.batchNs(operandBytes,
                OPERATIONS_PER_WEIGHT * operandBytes / bank.dtype().bytes(), Math.round(ownNs))));
        }
    }

    /** How long one takes, in the mean. */
    private static double run(final FfnBatch batch, final ExpertBank bank, final ExpertId expert, final RowBuffer row,
        final NanoClock clock, final long durationNs) {
        final long startNs = clock.nanoTime();
        long runs = 0;
        long spentNs;
        do {
            batch.clear(expert.layer(), row);
            batch.addGroup(bank.weights(expert.layer(), expert.index()));
            batch.addRow(0, Float.NaN);
            batch.compute();
            runs++;
            spentNs = clock.nanoTime() - startNs;
        } while (spentNs < durationNs);
        return (double)spentNs / runs;
    }
}
