package dev.convoke.decoder;

import java.util.ArrayDeque;

/**
 * Decides what each step computes: one row for every sequence that decodes, and prompts in chunks within what is left
 * of the budget, so that neither starves the other (Sarathi-Serve, Agrawal et al., 2024). First come, first served:
 * running sequences are older than waiting ones, always. When pages run out the youngest running sequence gives up all
 * of its own and goes back to the head of the queue, to be computed again later; the oldest can always go on. Owned by
 * the decoder's thread.
 */
final class Scheduler {
    /** Prompt rows of a step that may be scored beside the rows that sample: bounds the memory of the logits. */
    static final int SCORED_ROWS = 64;

    private final KvCache cache;
    private final int tokenBudget;
    private final int prefillChunk;
    private final ArrayDeque<Sequence> waiting;
    private final Sequence[] running;
    private final Sequence[] scheduled;
    private int runningCount;
    private int scheduledCount;
    private int budget;
    private int scoreBudget;
    private long preemptions;

    Scheduler(final DecoderContext context, final KvCache cache) {
        this.cache = cache;
        this.tokenBudget = context.tokenBudget();
        this.prefillChunk = context.prefillChunk();
        this.waiting = new ArrayDeque<>(context.maxWaiting() + context.maxSequences());
        this.running = new Sequence[context.maxSequences()];
        this.scheduled = new Sequence[context.maxSequences()];
    }

    /** Adds the youngest sequence. */
    void enqueue(final Sequence sequence) {
        waiting.addLast(sequence);
    }

    /** Fills a batch; afterwards {@link #scheduled} tells whose rows it holds, in order. */
    void schedule(final StepBatch batch) {
        batch.clear();
        scheduledCount = 0;
        scoreBudget = SCORED_ROWS;
        budget = tokenBudget - decodes();
        scheduleRunning(batch);
        admit(batch);
    }

    private int decodes() {
        int decodes = 0;
        for (int i = 0; i < runningCount; i++) {
            decodes += running[i].pending() == 1 ? 1 : 0;
        }
        return decodes;
    }

    private void scheduleRunning(final StepBatch batch) {
        for (int i = 0; i < runningCount; i++) {
            final Sequence sequence = running[i];
            if (awaitsSharedPrompt(sequence)) {
                continue;
            }
            final boolean decodes = sequence.pending() == 1;
            if (sequence.sharedPrompt() != null && sequence.pages() == 0) {
                sequence.sharedPrompt().join(sequence, cache);
            }
            final int rows = decodes ? 1 : chunkOf(sequence);
            if (rows > 0 && reserveFor(i, sequence.computed() + rows)) {
                budget -= decodes ? 0 : rows;
                add(sequence, rows, batch);
            }
        }
    }

    /** Whether another sequence is computing the prompt that this one has not begun yet. */
    private static boolean awaitsSharedPrompt(final Sequence sequence) {
        return sequence.sharedPrompt() != null && sequence.pages() == 0
            && sequence.sharedPrompt().isBeingComputedFor(sequence);
    }

    /** Takes pages from younger sequences if it must; false if this is the youngest and there is no page left. */
    private boolean reserveFor(final int index, final int positions) {
        while (!cache.tryReserve(running[index], positions)) {
            if (runningCount - 1 == index) {
                return false;
            }
            preemptYoungest();
        }
        return true;
    }

    private void preemptYoungest() {
        final Sequence victim = running[--runningCount];
        running[runningCount] = null;
        cache.release(victim);
        victim.forgetComputed();
        if (victim.sharedPrompt() != null) {
            victim.sharedPrompt().leave(victim, running, runningCount);
        }
        waiting.addFirst(victim);
        preemptions++;
    }

    /** Starts waiting sequences, leaving every running one a page to grow into. */
    private void admit(final StepBatch batch) {
        while (!waiting.isEmpty() && runningCount < running.length) {
            final Sequence sequence = waiting.peekFirst();
            final SharedPrompt prompt = sequence.sharedPrompt();
            if (awaitsSharedPrompt(sequence)) {
                if (runningCount >= cache.freePages()) {
                    return;
                }
                // Its place is kept before younger ones, which need not wait for the prompt.
                running[runningCount++] = waiting.removeFirst();
                continue;
            }
            if (prompt != null) {
                prompt.join(sequence, cache);
            }
            final int rows = chunkOf(sequence);
            final int positions = sequence.computed() + rows;
            if (rows == 0 || KvCache.lacking(sequence, positions) + runningCount > cache.freePages()) {
                leaveSharedPrompt(sequence);
                return;
            }
            waiting.removeFirst();
            cache.tryReserve(sequence, positions);
            running[runningCount++] = sequence;
            budget -= rows;
            add(sequence, rows, batch);
        }
    }

    /** A sequence that waits holds nothing, so that those which run can always go on. */
    private void leaveSharedPrompt(final Sequence sequence) {
        if (sequence.sharedPrompt() != null) {
            cache.release(sequence);
            sequence.forgetComputed();
            sequence.sharedPrompt().leave(sequence, running, runningCount);
        }
    }

    private int chunkOf(final Sequence sequence) {
        final int rows = Math.min(Math.min(sequence.pending(), prefillChunk), budget);
        return sequence.scoresPrompt() ? Math.min(rows, scoreBudget) : rows;
    }

    private void add(final Sequence sequence, final int rows, final StepBatch batch) {
        sequence.addTo(batch, rows);
        scoreBudget -= sequence.stepScores();
        scheduled[scheduledCount++] = sequence;
    }

    /** Sequences with rows in this step. */
    int scheduledCount() {
        return scheduledCount;
    }

    /** One of them. */
    Sequence scheduled(final int index) {
        return scheduled[index];
    }

    /** Forgets a running sequence that has ended and takes its pages back. */
    void finish(final Sequence sequence) {
        cache.release(sequence);
        int kept = 0;
        for (int i = 0; i < runningCount; i++) {
            if (running[i] != sequence) {
                running[kept++] = running[i];
            }
        }
        runningCount = kept;
        running[kept] = null;
        if (sequence.sharedPrompt() != null) {
            sequence.sharedPrompt().leave(sequence, running, runningCount);
        }
    }

    int runningCount() {
        return runningCount;
    }

    Sequence running(final int index) {
        return running[index];
    }

    /** Sequences that wait, oldest first; the caller may remove from it. */
    ArrayDeque<Sequence> waiting() {
        return waiting;
    }

    /** How often a sequence has lost its pages. */
    long preemptions() {
        return preemptions;
    }
}
