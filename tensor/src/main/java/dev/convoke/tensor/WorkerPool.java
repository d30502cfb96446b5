package dev.convoke.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that share ranges of work with the thread that calls {@link #run}. One owner thread calls at
 * a time. A call allocates nothing and never waits for a worker that took no part: whoever comes too late finds nothing
 * left. Workers look out for the next call for a moment, since during a step it follows within microseconds, then park;
 * parked ones are woken only for work that outweighs the waking.
 *
 * <p>The one word {@code open} carries a call's number above the count of items not yet taken. A thread takes items by
 * lowering the count; that succeeds only while the call it read is still open, so what it read of the task before
 * belongs to that call.
 */
public final class WorkerPool implements AutoCloseable {
    /** Portions of work that outweigh waking threads. */
    static final int WAKING_GRAINS = 8;
    private static final int SPINS = 200;
    private static final int YIELDS = 400;
    private static final long CALL = 1L << Integer.SIZE;

    private final Thread[] workers;
    private final AtomicIntegerArray parked;
    private final int spins;
    private final AtomicLong open = new AtomicLong();
    private final AtomicInteger unfinished = new AtomicInteger();
    private RangeTask task;
    private int items;
    private int grain;
    private volatile Throwable failure;
    private volatile boolean closed;

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
        parked = new AtomicIntegerArray(threads - 1);
        spins = threads <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
        for (int i = 0; i < workers.length; i++) {
            final int index = i;
            workers[i] = Thread.ofPlatform().daemon().name(name + "-worker-" + (i + 1)).unstarted(() -> work(index));
        }
        for (final Thread worker : workers) {
            worker.start();
        }
    }

    /** Threads that work on a call, the caller included. */
    public int threads() {
        return workers.length + 1;
    }

    /**
     * Does items {@code [0, itemCount)} of the task and returns when all are done. What a task throws, on whatever
     * thread, is thrown here once no thread is at work any more; items not yet begun are then left out.
     *
     * @param grainItems fewest items worth handing to another thread: some microseconds of work
     */
    public void run(final RangeTask work, final int itemCount, final int grainItems) {
        if (workers.length == 0 || itemCount <= grainItems) {
            if (itemCount > 0) {
                work.run(0, itemCount);
            }
            return;
        }
        task = work;
        items = itemCount;
        grain = Math.max(1, grainItems);
        unfinished.set(itemCount);
        open.set((open.get() & -CALL) + CALL + itemCount);
        if (itemCount / grain >= WAKING_GRAINS) {
            wake(itemCount / grain - 1);
        }
        share();
        awaitWorkers();
        rethrow();
    }

    private void wake(final int most) {
        int left = most;
        for (int i = 0; i < workers.length && left > 0; i++, left--) {
            if (parked.get(i) != 0 && parked.compareAndSet(i, 1, 0)) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    /** Takes and does items until none are left: large portions first, so that all threads end together. */
    private void share() {
        long state = open.get();
        while ((int)state > 0) {
            final int left = (int)state;
            final int count = Math.min(left, Math.max(grain, left / (2 * threads())));
            final int from = items - left;
            final RangeTask work = task;
            if (open.compareAndSet(state, state - count)) {
                perform(work, from, count);
            }
            state = open.get();
        }
    }

    private void perform(final RangeTask work, final int from, final int count) {
        try {
            if (failure == null) {
                work.run(from, from + count);
            }
        } catch (final Throwable t) {
            failure = t;
        } finally {
            unfinished.addAndGet(-count);
        }
    }

    private void awaitWorkers() {
        int tries = 0;
        while (unfinished.get() > 0) {
            if (++tries < spins) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private void work(final int index) {
        int tries = 0;
        while (!closed) {
            if ((int)open.get() > 0) {
                share();
                tries = 0;
            } else if (++tries < spins) {
                Thread.onSpinWait();
            } else if (tries < spins + YIELDS) {
                Thread.yield();
            } else {
                park(index);
                tries = 0;
            }
        }
    }

    /** Announces the sleep before it looks for work a last time, so that no call goes unnoticed. */
    private void park(final int index) {
        parked.set(index, 1);
        if ((int)open.get() == 0 && !closed) {
            LockSupport.park(this);
        }
        parked.set(index, 0);
    }

    private void rethrow() {
        final Throwable thrown = failure;
        if (thrown == null) {
            return;
        }
        failure = null;
        switch (thrown) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    /** Ends the workers. A call that comes later does all its work itself. */
    @Override
    public void close() {
        closed = true;
        for (final Thread worker : workers) {
            LockSupport.unpark(worker);
        }
    }
}
