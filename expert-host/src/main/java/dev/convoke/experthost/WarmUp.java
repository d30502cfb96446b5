package dev.convoke.experthost;

import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;

/**
 * Computes batches that nobody asked for before a host serves: until the JIT compiler has seen a kernel often enough,
 * vector code takes a hundred times as long, and a host that came back a moment ago may be the one that has to make up
 * for another that dies.
 */
public final class WarmUp {
    private static final long MOST_NS = TimeUnit.SECONDS.toNanos(3);
    /** Kernels take rows by four, by two and singly. */
    private static final int[] ROWS_OF_GROUP = {1, 2, 3, 4, 8};
    private static final int MOST_GROUPS = 4;
    /** Rounds without one that is much faster than all before. */
    private static final int STEADY_ROUNDS = 100;
    private static final double MUCH_FASTER = 0.9;

    private final FfnBatch batch;
    private final RowBuffer rows;
    private final List<PackedFfn> experts;
    private final NanoClock clock;
    private final long startNs;
    private int batches;

    private WarmUp(final FfnBatch batch, final RowBuffer rows, final List<PackedFfn> experts, final NanoClock clock) {
        this.batch = batch;
        this.rows = rows;
        this.experts = experts;
        this.clock = clock;
        this.startNs = clock.nanoTime();
    }

    /**
     * Computes until that becomes no faster, three seconds at most; on the thread of the kernels, before a host is run
     * by it. Not for devices, whose kernels are compiled already.
     *
     * @return how many batches that were; 0 for a host that holds nothing
     */
    public static int run(final ExpertBank bank, final Kernels kernels, final NanoClock clock) {
        final List<PackedFfn> experts = bank.experts().stream()
            .takeWhile(expert -> expert.layer() == bank.experts().getFirst().layer()).limit(MOST_GROUPS)
            .map(expert -> bank.weights(expert.layer(), expert.index())).toList();
        if (experts.isEmpty() || !kernels.backend().spreads()) {
            return 0;
        }
        final int mostRows = ROWS_OF_GROUP[ROWS_OF_GROUP.length - 1];
        try (Arena arena = kernels.backend().newArena()) {
            final RowBuffer rows = new RowBuffer(arena, bank.dtype(), mostRows, bank.model().hiddenSize());
            final FfnBatch batch = kernels.ffnBatch(arena, new FfnShape(bank.dtype(), mostRows * experts.size(),
                experts.size(), bank.model().hiddenSize(), bank.model().expertWidth()));
            return new WarmUp(batch, rows, experts, clock).run();
        }
    }

    private int run() {
        long fastestNs = Long.MAX_VALUE;
        for (int steady = 0; steady < STEADY_ROUNDS && !isTimeUp(); steady++) {
            final long roundNs = round();
            if (roundNs < fastestNs * MUCH_FASTER) {
                fastestNs = roundNs;
                steady = 0;
            }
        }
        return batches;
    }

    private boolean isTimeUp() {
        return clock.nanoTime() - startNs >= MOST_NS;
    }

    private long round() {
        final long roundStartNs = clock.nanoTime();
        for (int i = 0; i < ROWS_OF_GROUP.length && !isTimeUp(); i++) {
            compute(ROWS_OF_GROUP[i]);
        }
        return clock.nanoTime() - roundStartNs;
    }

    private void compute(final int rowsOfGroup) {
        batch.clear(0, rows);
        for (final PackedFfn expert : experts) {
            batch.addGroup(expert);
            for (int row = 0; row < rowsOfGroup; row++) {
                batch.addRow(row, Float.NaN);
            }
        }
        batch.compute();
        batches++;
    }
}
