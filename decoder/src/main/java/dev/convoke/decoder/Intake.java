package dev.convoke.decoder;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * The way in: where other threads leave sequences and the decoder's thread finds them, those of one submission all at
 * once, so that which of them start together does not depend on time. Bounded and closable.
 */
final class Intake {
    private final int maxWaiting;
    private final ManyToOneConcurrentArrayQueue<List<Sequence>> queue;
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicInteger entering = new AtomicInteger();
    private final AtomicInteger unstarted = new AtomicInteger();
    private final AtomicInteger unended = new AtomicInteger();
    private volatile boolean closed;
    private List<Sequence> taken = List.of();
    private int nextTaken;

    Intake(final int maxWaiting) {
        this.maxWaiting = maxWaiting;
        this.queue = new ManyToOneConcurrentArrayQueue<>(Math.max(2, maxWaiting));
    }

    /** Leaves all of some sequences, or none if too many wait. Any thread. */
    Admission offer(final List<Sequence> sequences, final long nowNs) {
        entering.incrementAndGet();
        try {
            if (closed) {
                return Admission.NOT_READY;
            }
            if (unstarted.addAndGet(sequences.size()) > maxWaiting) {
                unstarted.addAndGet(-sequences.size());
                return Admission.QUEUE_FULL;
            }
            requireNew(sequences);
            for (final Sequence sequence : sequences) {
                unended.incrementAndGet();
                sequence.stream().submitted(nowNs);
                sequence.request().number(accepted.getAndIncrement());
            }
            // Never full: it has room for all that have not started.
            queue.offer(sequences);
            return Admission.ACCEPTED;
        } finally {
            entering.decrementAndGet();
        }
    }

    private void requireNew(final List<Sequence> sequences) {
        for (final Sequence sequence : sequences) {
            if (!sequence.request().tryMarkAccepted()) {
                unstarted.addAndGet(-sequences.size());
                throw new IllegalStateException("a request can be submitted once; build a new one");
            }
        }
    }

    /** The oldest one left here, or null. By the decoder's thread. */
    Sequence poll() {
        while (nextTaken == taken.size()) {
            final List<Sequence> submission = queue.poll();
            taken = submission == null ? List.of() : submission;
            nextTaken = 0;
            if (submission == null) {
                return null;
            }
        }
        return taken.get(nextTaken++);
    }

    /** A sequence no longer waits for its first step. By the decoder's thread. */
    void onStarted() {
        unstarted.decrementAndGet();
    }

    /** A sequence has ended. By the decoder's thread. */
    void onEnded(final boolean wasStarted) {
        if (!wasStarted) {
            unstarted.decrementAndGet();
        }
        unended.decrementAndGet();
    }

    /** Accepted and not ended. Any thread. */
    int unended() {
        return unended.get();
    }

    /** Lets nobody in any more; when it returns, all who were let in are in the queue. */
    void close() {
        closed = true;
        while (entering.get() > 0) {
            Thread.onSpinWait();
        }
    }

    /** Whether nobody is let in any more. Any thread. */
    boolean isClosed() {
        return closed;
    }
}
