package dev.convoke.bench.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that send requests when they are due. One of them at a time has the clock: it waits until the next requests
 * are due, gives the clock and all of these but one to others and sends that one itself, so that nothing has to wake up
 * between the due time and the sending.
 *
 * <p>They are platform threads, up to a number. A read of a socket that blocks one of them ends with one wake-up, where
 * that of a virtual thread takes two or three, on processors that the server may need at that very moment: with a
 * server on the same two processors that alone made answers several percent slower.
 */
final class Senders {
    private static final int MOST_PLATFORM_THREADS = 1024;
    private static final int CLOCK = -1;
    private static final int END = -2;
    private static final long LEAST_MARGIN_NS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long MOST_MARGIN_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Of the time between two requests, at most one part in so many is spent turning idly. */
    private static final int SPIN_SHARE = 8;

    private final Task task;
    private final long[] offsetsNs;
    private final LinkedTransferQueue<Integer> work = new LinkedTransferQueue<>();
    private final AtomicInteger idle = new AtomicInteger();
    private final CountDownLatch unanswered;
    // Of the thread that has the clock; handed on through the queue.
    private final List<Thread> threads = new ArrayList<>();
    private long startNs;
    private int next;
    private long marginNs = LEAST_MARGIN_NS;

    /** What is sent. */
    @FunctionalInterface
    interface Task {
        /** Sends the request of this number, which was due at this time, and waits for its answer. */
        void send(int number, long dueNs);
    }

    /**
     * Senders of a schedule.
     *
     * @param offsetsNs when each request is due, from the start, in order
     */
    Senders(final Task task, final long[] offsetsNs) {
        this.task = task;
        this.offsetsNs = offsetsNs;
        this.unanswered = new CountDownLatch(offsetsNs.length);
    }

    /** Sends all and waits for all answers; returns when it started, of {@link System#nanoTime}. */
    long run() throws InterruptedException {
        reserve();
        startNs = System.nanoTime();
        work.add(CLOCK);
        unanswered.await();
        threads.forEach(_ -> work.add(END));
        for (final Thread thread : threads) {
            thread.join();
        }
        return startNs;
    }

    /** Threads to wait for answers: cheap to wake while they are not too many. */
    static Thread start(final int number, final Runnable body) {
        final Thread.Builder builder = number < MOST_PLATFORM_THREADS ? Thread.ofPlatform().daemon().name("sender-"
            + number) : Thread.ofVirtual();
        return builder.start(body);
    }

    /** Makes sure that there are threads for all requests that are due next, and for the clock. */
    private void reserve() {
        for (int missing = dueTogether() + 1 - idle.get(); missing > 0; missing--) {
            idle.incrementAndGet();
            threads.add(start(threads.size(), this::work));
        }
    }

    /** How many requests are due at the next one's time. */
    private int dueTogether() {
        int end = next;
        while (end < offsetsNs.length && offsetsNs[end] == offsetsNs[next]) {
            end++;
        }
        return end - next;
    }

    private void work() {
        try {
            for (int number = work.take(); number != END; number = work.take()) {
                idle.decrementAndGet();
                send(number == CLOCK ? keepTime() : number);
                idle.incrementAndGet();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(final int number) {
        if (number >= 0) {
            try {
                task.send(number, startNs + offsetsNs[number]);
            } finally {
                unanswered.countDown();
            }
        }
    }

    /** Waits for the next due time; returns the number of a request to send. */
    private int keepTime() {
        if (next == offsetsNs.length) {
            return END;
        }
        reserve();
        final int first = next;
        next += dueTogether();
        awaitDue(first);
        for (int number = first + 1; number < next; number++) {
            work.add(number);
        }
        if (next < offsetsNs.length) {
            work.add(CLOCK);
        }
        return first;
    }

    /** Sleeps, but not quite to the end: sleepers wake late, by about as much as the last ones did. */
    private void awaitDue(final int number) {
        final long dueNs = startNs + offsetsNs[number];
        final long sinceLastNs = number == 0 ? offsetsNs[0] : offsetsNs[number] - offsetsNs[number - 1];
        final long marginHereNs = Math.min(marginNs, sinceLastNs / SPIN_SHARE);
        for (long leftNs = dueNs - System.nanoTime(); leftNs > 0; leftNs = dueNs - System.nanoTime()) {
            if (leftNs > marginHereNs) {
                LockSupport.parkNanos(leftNs - marginHereNs);
                final long oversleptNs = System.nanoTime() - (dueNs - marginHereNs);
                marginNs = Math.clamp(Math.max(marginNs * 7 / 8, 2 * oversleptNs), LEAST_MARGIN_NS, MOST_MARGIN_NS);
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
