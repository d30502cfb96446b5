package dev.convoke.tensorcuda;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether batches of this process compute beside each other, as those of several hosts or of a host's lanes do: what a
 * batch saw last is what the next one expects. One thread's, but for the counts that all batches share.
 */
final class Sharing {
    /** Batches that were begun, and of them those that run. */
    record Batches(AtomicLong begun, AtomicLong running) {
        Batches() {
            this(new AtomicLong(), new AtomicLong());
        }
    }

    private final Batches batches;
    private long begunBefore;
    private boolean sawOthers;
    private boolean isShared;
    private boolean isRunning;

    Sharing(final Batches batches) {
        this.batches = batches;
    }

    /** The batch begins. */
    void begin() {
        sawOthers = batches.running().getAndIncrement() > 0;
        begunBefore = batches.begun().incrementAndGet();
        isRunning = true;
    }

    /** The batch is over; once more has no effect. */
    void end() {
        if (isRunning) {
            isRunning = false;
            batches.running().decrementAndGet();
            isShared = sawOthers || batches.begun().get() != begunBefore;
        }
    }

    /** Whether others ran beside the batch before. */
    boolean isShared() {
        return isShared;
    }
}
