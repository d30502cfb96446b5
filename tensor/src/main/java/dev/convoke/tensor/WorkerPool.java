package dev.convoke.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that share ranges of work with the thread that calls {@link #run}. One owner thread calls at
 * a time. A call allocates nothing. Workers spin for a moment after each call, since the next one follows within
 * microseconds during a step, then park.
 */
public final class WorkerPool implements AutoCloseable {
    private static final int CHUNKS_PER_THREAD = 4;
    private static final int SPINS_BEFORE_PARK = 2_000;

    private final Thread[] workers;
    private final AtomicInteger nextItem = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private volatile RangeTask task;
    private int items;
    private int chunk;
    private volatile int generation;
    private volatile boolean closed;
    private volatile Throwable failure;

    /**
     * Starts the workers.
     *
     * @param name    prefix of the thread names
     * @param threads how many threads work on a call, the caller included
     */
    public WorkerPool(final String name, final int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads " + threads);
        }
        workers = new Thread[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = Thread.ofPlatform().daemon().name(name + "-worker-" + (i + 1)).unstarted(this::work);
        }
        for (final Thread worker : workers) {
            worker.start();
        }
    }

    /** Threads that work on a call, the caller included. */
    public int threads() {
        return workers.length + 1;
    }

    /** Does items {@code [0, items)} of the task and returns when all are done. */
    public void run(final RangeTask work, final int itemCount) {
        if (workers.length == 0 || itemCount <= 1) {
            if (itemCount > 0) {
                work.run(0, itemCount);
            }
            return;
        }
        items = itemCount;
        chunk = Math.max(1, itemCount / (threads() * CHUNKS_PER_THREAD));
        nextItem.set(0);
        running.set(workers.length);
        task = work;
        generation++;
        for (final Thread worker : workers) {
            LockSupport.unpark(worker);
        }
        share(work);
        while (running.get() > 0) {
            Thread.onSpinWait();
        }
        rethrow();
    }

    private void share(final RangeTask work) {
        for (int from = nextItem.getAndAdd(chunk); from < items; from = nextItem.getAndAdd(chunk)) {
            work.run(from, Math.min(from + chunk, items));
        }
    }

    private void work() {
        int seen = 0;
        while (!closed) {
            seen = awaitGeneration(seen);
            if (!closed) {
                try {
                    share(task);
                } catch (final Throwable t) {
                    failure = t;
                }
                running.decrementAndGet();
            }
        }
    }

    private int awaitGeneration(final int seen) {
        int spins = 0;
        while (generation == seen && !closed) {
            if (++spins < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        return generation;
    }

    private void rethrow() {
        final Throwable t = failure;
        if (t != null) {
            failure = null;
            throw new IllegalStateException("a kernel failed on a worker thread", t);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (final Thread worker : workers) {
            LockSupport.unpark(worker);
        }
    }
}
