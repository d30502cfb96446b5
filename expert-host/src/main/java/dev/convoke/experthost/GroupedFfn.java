package dev.convoke.experthost;

import dev.convoke.core.DType;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.agrona.concurrent.NanoClock;

/**
 * Computes what is pending, layer by layer, the one asked for longest ago first. Within a layer the rows of all
 * decoders and exchanges are sorted by expert and go through {@code down(gatedSilu(gateUp(x)))} as one grouped product
 * each, as many rows at a time as the buffers hold. The bits of a row do not depend on its company.
 */
final class GroupedFfn {
    private final ExpertBank bank;
    private final Kernels kernels;
    private final NanoClock clock;
    private final HostCounters counters;
    private final PendingDispatches pending;
    /** Gathered rows, [computeRows, hidden] in the operand type. */
    private final RowBuffer input;
    /** [computeRows, 2 x expertWidth] f32. */
    private final RowBuffer gateUp;
    /** [computeRows, expertWidth] in the operand type. */
    private final RowBuffer activation;
    /** [computeRows, hidden] in the operand type. */
    private final RowBuffer output;
    private final PackedMatrix[] groupGateUp;
    private final PackedMatrix[] groupDown;
    private final int[] groupOffsets;
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
    private int firstResult;
    private int results;
    private long startedNs;
    private long computeNs;

    GroupedFfn(final ExpertHostContext context, final Arena arena, final PendingDispatches pending,
        final HostCounters counters) {
        this.bank = context.bank();
        this.kernels = context.kernels();
        this.clock = context.clock();
        this.counters = counters;
        this.pending = pending;
        final int hidden = bank.model().hiddenSize();
        final int width = bank.model().expertWidth();
        final int capacity = context.computeRows();
        input = new RowBuffer(arena, bank.dtype(), capacity, hidden);
        gateUp = new RowBuffer(arena, DType.F32, capacity, 2 * width);
        activation = new RowBuffer(arena, bank.dtype(), capacity, width);
        output = new RowBuffer(arena, bank.dtype(), capacity, hidden);
        final int experts = bank.model().experts();
        groupGateUp = new PackedMatrix[experts];
        groupDown = new PackedMatrix[experts];
        groupOffsets = new int[experts + 1];
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

    /** Computes the next batch; false when everything pending has been computed. */
    boolean computeNext() {
        final boolean begins = next == end;
        if (begins && !sortNextLayer()) {
            return false;
        }
        startedNs = clock.nanoTime();
        if (begins) {
            observeWaits();
        }
        final int groups = gather();
        kernels.groupedMatmul(groupGateUp, groupOffsets, groups, input, gateUp);
        kernels.gatedSilu(gateUp, activation, results);
        kernels.groupedMatmul(groupDown, groupOffsets, groups, activation, output);
        computeNs = clock.nanoTime() - startedNs;
        counters.batches.increment();
        counters.expertRuns.add(groups);
        counters.results.add(results);
        counters.batchRows.observe(results);
        counters.computeNs.observe(computeNs);
        return true;
    }

    /** Rows of the batch just computed. */
    int results() {
        return results;
    }

    /** The assignment that a row of the batch answers. */
    int assignment(final int result) {
        return order[firstResult + result];
    }

    /** The rows of the batch. */
    RowBuffer output() {
        return output;
    }

    /** When the batch was begun. */
    long startedNs() {
        return startedNs;
    }

    /** How long the batch took. */
    long computeNs() {
        return computeNs;
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

    /** Fills {@link #input}; an expert is split between batches only if it has more rows than one batch. */
    private int gather() {
        firstResult = next;
        results = 0;
        int groups = 0;
        while (next < end) {
            final int waiting = expertStart[nextExpert + 1] - next;
            final int free = input.capacity() - results;
            if (waiting > free && results > 0) {
                break;
            }
            if (waiting > 0) {
                groupGateUp[groups] = bank.gateUp(layer, nextExpert);
                groupDown[groups] = bank.down(layer, nextExpert);
                groupOffsets[groups] = results;
                gatherRows(Math.min(waiting, free));
                groups++;
            }
            if (waiting <= free) {
                nextExpert++;
            }
        }
        groupOffsets[groups] = results;
        return groups;
    }

    private void gatherRows(final int count) {
        final RowBuffer rows = pending.rows();
        for (int i = 0; i < count; i++) {
            final int assignment = order[next];
            final int row = pending.heldRow(assignment);
            final float scale = pending.inputScale(assignment);
            if (Float.isNaN(scale)) {
                MemorySegment.copy(rows.segment(), rows.rowOffsetBytes(row),
                    input.segment(), input.rowOffsetBytes(results), rows.rowBytes());
            } else {
                scaleRow(rows, row, scale);
            }
            next++;
            results++;
        }
    }

    private void scaleRow(final RowBuffer rows, final int row, final float scale) {
        for (int column = 0; column < rows.columns(); column++) {
            input.set(results, column, rows.get(row, column) * scale);
        }
    }
}
