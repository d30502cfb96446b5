package dev.convoke.experthost;

import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.agrona.concurrent.NanoClock;

/**
 * Computes what is pending, layer by layer, the one asked for longest ago first. Within a layer the rows of all
 * decoders and exchanges are sorted by expert and go through {@code down(silu(gate(x)) * up(x))} as one grouped FFN, as
 * many rows at a time as the buffers hold. The bits of a row do not depend on its company.
 */
final class GroupedFfn {
    private final ExpertBank bank;
    private final NanoClock clock;
    private final HostCounters counters;
    private final PendingDispatches pending;
    private final Timetable timetable;
    private final FfnBatch batch;
    /** Assignments of the current layer, those of one expert together. */
    private final int[] order;
    /** An expert's assignments start here in {@link #order} and end where those of the next one start. */
    private final int[] expertStart;
    private final int[] expertNext;
    private final boolean[] layerTaken;
    private int layer;
    private int nextFrame;
    private int nextExpert;
    private int next;
    private int end;
    private int firstAssignment;
    private int results;
    private int resultsBefore;
    private int resultsDone;
    private boolean running;
    private boolean begins;
    private long startedNs;
    private long finishedNs;
    private long computeNs;
    private long lastArrivedNs;

    GroupedFfn(final ExpertHostContext context, final Arena arena, final PendingDispatches pending,
        final Timetable timetable, final HostCounters counters) {
        this.bank = context.bank();
        this.clock = context.clock();
        this.counters = counters;
        this.pending = pending;
        this.timetable = timetable;
        final int experts = bank.model().experts();
        batch = context.kernels().ffnBatch(arena, new FfnShape(bank.dtype(), context.computeRows(), experts,
            bank.model().hiddenSize(), bank.model().expertWidth()));
        order = new int[pending.capacity()];
        expertStart = new int[experts + 1];
        expertNext = new int[experts];
        layerTaken = new boolean[bank.model().layers()];
    }

    /** Starts over; what is pending next is new. */
    void reset() {
        Arrays.fill(layerTaken, false);
        nextFrame = 0;
        next = 0;
        end = 0;
        results = 0;
    }

    /**
     * Begins to compute the next batch; false when everything pending has been computed.
     *
     * @param hasArrived whether the last frame has come this very moment, so that its time is that of the start
     */
    boolean startNext(final boolean hasArrived) {
        begins = next == end;
        if (begins && !sortNextLayer()) {
            return false;
        }
        startedNs = hasArrived ? pending.lastArrivedNs() : clock.nanoTime();
        gather();
        batch.start();
        resultsDone = 0;
        running = true;
        return true;
    }

    /** Whether a batch was begun of which not all results were taken. */
    boolean isRunning() {
        return running;
    }

    /** Whether further results of the batch that was begun are computed now; each once. On a timetable all together. */
    boolean takeFinished() {
        final int done = batch.rowsDone();
        if (done == resultsDone || done < results && !timetable.isReal()) {
            return false;
        }
        resultsBefore = resultsDone;
        resultsDone = done;
        running = done < results;
        finishedNs = clock.nanoTime();
        computeNs = finishedNs - startedNs;
        if (!timetable.isReal()) {
            timetable.enter(lastArrivedNs, startedNs, computeNs, batch.groups(), results);
            startedNs = timetable.startNs();
            computeNs = timetable.computeNs();
        }
        return true;
    }

    /** Counts the batch that was finished last; after its answers are on their way, which need not wait for it. */
    void count() {
        if (begins) {
            observeWaits();
        }
        counters.batches.increment();
        counters.expertRuns.add(batch.groups());
        counters.results.add(results);
        counters.batchRows.observe(results);
        counters.computeNs.observe(computeNs);
        if (batch.deviceNs() > 0) {
            counters.deviceNs.observe(batch.deviceNs());
            counters.deviceCopyNs.observe(batch.deviceCopyNs());
        }
    }

    /** The first of the results taken last; they are numbered from 0 within the batch. */
    int firstResult() {
        return resultsBefore;
    }

    /** One past the last of them. */
    int endResult() {
        return resultsDone;
    }

    /** The assignment that a row of the batch answers. */
    int assignment(final int result) {
        return order[firstAssignment + result];
    }

    /** The rows of the batch, each at its {@link #outputRow}. */
    RowBuffer output() {
        return batch.output();
    }

    /** Where a row of the batch lies in {@link #output()}. */
    int outputRow(final int result) {
        return batch.outputRow(result);
    }

    /** When the batch was begun, by the timetable if there is one. */
    long startedNs() {
        return startedNs;
    }

    /** How long the batch took as far as its results were taken, by the timetable if there is one. */
    long computeNs() {
        return computeNs;
    }

    /** When the results taken last were found computed, by the clock. */
    long finishedNs() {
        return finishedNs;
    }

    private void observeWaits() {
        for (int frame = nextFrame; frame < pending.frames(); frame++) {
            if (pending.identity(frame).layer() == layer) {
                counters.queueNs.observe(startedNs - pending.arrivedNs(frame));
            }
        }
    }

    private boolean sortNextLayer() {
        while (nextFrame < pending.frames() && layerTaken[pending.identity(nextFrame).layer()]) {
            nextFrame++;
        }
        if (nextFrame == pending.frames()) {
            return false;
        }
        layer = pending.identity(nextFrame).layer();
        layerTaken[layer] = true;
        sortByExpert();
        nextExpert = 0;
        next = 0;
        end = expertStart[expertNext.length];
        return true;
    }

    /** Stable counting sort. */
    private void sortByExpert() {
        Arrays.fill(expertNext, 0);
        for (int frame = nextFrame; frame < pending.frames(); frame++) {
            if (pending.identity(frame).layer() == layer) {
                // Frames are in order of arrival.
                lastArrivedNs = pending.arrivedNs(frame);
                for (int i = pending.firstAssignment(frame); i < pending.firstAssignment(frame + 1); i++) {
                    expertNext[pending.expert(i)]++;
                }
            }
        }
        for (int expert = 0; expert < expertNext.length; expert++) {
            expertStart[expert + 1] = expertStart[expert] + expertNext[expert];
            expertNext[expert] = expertStart[expert];
        }
        for (int frame = nextFrame; frame < pending.frames(); frame++) {
            if (pending.identity(frame).layer() == layer) {
                for (int i = pending.firstAssignment(frame); i < pending.firstAssignment(frame + 1); i++) {
                    order[expertNext[pending.expert(i)]++] = i;
                }
            }
        }
    }

    /** Fills the batch; an expert is split between batches only if it has more rows than one batch. */
    private void gather() {
        firstAssignment = next;
        results = 0;
        batch.clear(layer, pending.rows());
        while (next < end) {
            final int waiting = expertStart[nextExpert + 1] - next;
            final int free = batch.capacity() - results;
            if (waiting > free && results > 0) {
                break;
            }
            if (waiting > 0) {
                batch.addGroup(bank.weights(layer, nextExpert));
                addRows(Math.min(waiting, free));
            }
            if (waiting <= free) {
                nextExpert++;
            }
        }
    }

    private void addRows(final int count) {
        for (int i = 0; i < count; i++) {
            final int assignment = order[next];
            batch.addRow(pending.heldRow(assignment), pending.inputScale(assignment));
            next++;
            results++;
        }
    }
}
