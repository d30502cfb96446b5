package dev.convoke.bench.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests and waits for all answers; each request under way has a thread. {@link #outcomes} are in the order of
 * the requests.
 */
public final class LoadRun {
    private final List<PreparedRequest> requests;
    private final RunObserver observer;
    private final RequestOutcome[] outcomes;
    private long startNs;

    /** A run of these requests, which happens once. */
    public LoadRun(final List<PreparedRequest> requests, final RunObserver observer) {
        this.requests = requests;
        this.observer = observer;
        this.outcomes = new RequestOutcome[requests.size()];
    }

    /**
     * Open loop: every request is due at its own time, whatever became of those before it.
     *
     * @param offsetsNs      when each is due, from the start
     * @param mostConcurrent how many may be under way; those beyond wait, and their latency counts while they do.
     *                       0 for no cap
     */
    public LoadRun open(final long[] offsetsNs, final int mostConcurrent) throws InterruptedException {
        final Semaphore slots = mostConcurrent > 0 ? new Semaphore(mostConcurrent, true) : null;
        startNs = new Senders((number, dueNs) -> send(number, dueNs, slots), offsetsNs).run();
        return this;
    }

    /**
     * Closed loop: so many users, each of which asks again as soon as it has its answer. The server sets the pace, so
     * what it delays is not asked, and percentiles say little about a stall.
     */
    public LoadRun closed(final int users) throws InterruptedException {
        final AtomicInteger next = new AtomicInteger();
        final List<Thread> threads = new ArrayList<>();
        startNs = System.nanoTime();
        for (int user = 0; user < Math.min(users, requests.size()); user++) {
            threads.add(Senders.start(user, () -> {
                for (int i = next.getAndIncrement(); i < outcomes.length; i = next.getAndIncrement()) {
                    send(i, System.nanoTime(), null);
                }
            }));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        return this;
    }

    private void send(final int request, final long intendedNs, final Semaphore slots) {
        if (slots != null) {
            slots.acquireUninterruptibly();
        }
        try {
            observer.onSend();
            outcomes[request] = requests.get(request).send(intendedNs);
            observer.onOutcome(outcomes[request]);
        } finally {
            if (slots != null) {
                slots.release();
            }
        }
    }

    /** Waits until a time of {@link System#nanoTime}; what it oversleeps is part of the latencies. */
    static void awaitTime(final long timeNs) throws InterruptedException {
        for (long leftNs = timeNs - System.nanoTime(); leftNs > 0; leftNs = timeNs - System.nanoTime()) {
            LockSupport.parkNanos(leftNs);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    /** What came of each request. */
    public List<RequestOutcome> outcomes() {
        return List.of(outcomes);
    }

    /** When it started, of {@link System#nanoTime}. */
    public long startNs() {
        return startNs;
    }

    /** From its start until the last answer was in. */
    public long durationNs() {
        long endNs = startNs;
        for (final RequestOutcome outcome : outcomes) {
            endNs = Math.max(endNs, outcome.endNs());
        }
        return endNs - startNs;
    }
}
