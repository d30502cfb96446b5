package dev.convoke.experthost;

import java.lang.foreign.Arena;
import org.agrona.concurrent.NanoClock;

/**
 * Dispatches on their way through the host: taken together, computed batch by batch, answered. A host has as many lanes
 * as its backend can use: with a second one, frames are taken and rows gathered while a device computes the first.
 */
final class ExpertLane {
    private final NanoClock clock;
    private final PendingDispatches pending;
    private final GroupedFfn ffn;
    private final CombineAnswers answers;

    ExpertLane(final ExpertHostContext context, final Arena arena, final PeerStates peers,
        final HostCounters counters) {
        clock = context.clock();
        pending = new PendingDispatches(context, arena);
        ffn = new GroupedFfn(context, arena, pending, counters);
        answers = new CombineAnswers(context, pending, ffn, peers, counters);
    }

    /** Whether nothing is pending; only then dispatches are taken. */
    boolean isEmpty() {
        return pending.isEmpty();
    }

    /** What was taken and is not answered yet. */
    PendingDispatches pending() {
        return pending;
    }

    /** Sends what found no room before and goes on computing; returns what {@link #compute()} does. */
    int advance() {
        return answers.send(clock.nanoTime()) + compute();
    }

    /**
     * Computes batch after batch as long as their answers find room; returns the frames sent, and 1 more while a device
     * is at work.
     */
    int compute() {
        int work = 0;
        while (answers.isEmpty() && !pending.isEmpty()) {
            if (!ffn.isRunning() && !ffn.startNext()) {
                pending.clear();
                ffn.reset();
            } else if (ffn.takeFinished()) {
                final long nowNs = clock.nanoTime();
                answers.begin(nowNs);
                work += answers.send(nowNs);
            } else {
                return work + 1;
            }
        }
        return work;
    }
}
