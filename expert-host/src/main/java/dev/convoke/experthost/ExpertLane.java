package dev.convoke.experthost;

import java.lang.foreign.Arena;
import org.agrona.concurrent.NanoClock;

/**
 * Dispatches on their way through the host: taken together, computed batch by batch, answered. A host has as many lanes
 * as its backend can use: with a second one, frames are taken and rows gathered while a device computes the first.
 */
final class ExpertLane {
    /** Parts are awaited for this share of what a batch takes: computing them apart would cost up to a whole one. */
    private static final int PART_WAITS_PER_BATCH = 8;

    private final NanoClock clock;
    private final PendingDispatches pending;
    private final GroupedFfn ffn;
    private final CombineAnswers answers;
    private final Timetable timetable;
    private final long leastPartWaitNs;

    ExpertLane(final ExpertHostContext context, final Arena arena, final PeerStates peers, final Timetable timetable,
        final HostCounters counters) {
        this.timetable = timetable;
        leastPartWaitNs = context.partWaitNs();
        clock = context.clock();
        pending = new PendingDispatches(context, arena);
        ffn = new GroupedFfn(context, arena, pending, timetable, counters);
        answers = new CombineAnswers(context, pending, ffn, peers, counters);
    }

    /** Whether nothing is pending. */
    boolean isEmpty() {
        return pending.isEmpty();
    }

    /** Whether something is pending that is not computed yet because further parts of it are on their way. */
    boolean isIncomplete() {
        return pending.isIncomplete();
    }

    /**
     * Whether all parts of what is pending have come, or the next has not for too long. Computing the first part alone
     * would read the weights of experts once more for the others; and whoever sends them may have lost its processor to
     * hosts that have theirs already.
     */
    boolean isReady() {
        if (pending.isIncomplete()) {
            final long waitNs = Math.max(leastPartWaitNs, ffn.computeNs() / PART_WAITS_PER_BATCH);
            if (clock.nanoTime() - pending.lastArrivedNs() < waitNs) {
                return false;
            }
            pending.complete();
        }
        return !pending.isEmpty();
    }

    /** What was taken and is not answered yet. */
    PendingDispatches pending() {
        return pending;
    }

    /** Sends what found no room before and goes on computing; returns what {@link #compute} does. */
    int advance() {
        return answers.isEmpty() ? compute(false) : answers.send(clock.nanoTime()) + compute(false);
    }

    /**
     * As the device of the timetable would: a batch is computed at once, but answered when it is over. One step of that
     * at a time, so that hosts that share a thread take turns. Returns 0 while a batch lasts.
     */
    int advanceInTime() {
        final long nowNs = clock.nanoTime();
        final int sent = timetable.isEnded(nowNs) ? answers.send(nowNs) : 0;
        if (!answers.isEmpty() || pending.isEmpty()) {
            return sent;
        }
        if (!ffn.isRunning() && !ffn.startNext(false)) {
            pending.clear();
            ffn.reset();
        } else if (ffn.takeFinished()) {
            answers.begin(timetable.endNs());
            ffn.count();
        }
        return sent + 1;
    }

    /** Whether there are answers that wait for the end of their batch. */
    boolean isWaiting(final long nowNs) {
        return !answers.isEmpty() && !timetable.isEnded(nowNs);
    }

    /**
     * Computes batch after batch as long as their answers find room, which go as rows are computed; returns the frames
     * sent, and 1 more while a device is at work.
     *
     * @param hasArrived as {@link GroupedFfn#startNext} has it, of the first batch
     */
    int compute(final boolean hasArrived) {
        int work = 0;
        boolean startsAtOnce = hasArrived;
        while (answers.isEmpty() && isReady()) {
            if (!ffn.isRunning() && !ffn.startNext(startsAtOnce)) {
                pending.clear();
                ffn.reset();
            } else if (ffn.takeFinished()) {
                answers.begin(ffn.finishedNs());
                work += answers.send(ffn.finishedNs());
                if (!ffn.isRunning()) {
                    ffn.count();
                }
            } else {
                return work + 1;
            }
            startsAtOnce = false;
        }
        return work;
    }
}
