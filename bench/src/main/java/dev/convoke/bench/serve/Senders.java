package dev.convoke.bench.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that send requests when they are due. One of them at a time has the clock: it sleeps until shortly before the
 * next requests are due, gives the clock to another thread, waits for the rest of the time, gives all of these requests
 * but one to others and sends that one itself. So nothing has to wake up between the due time and the sending, nor just
 * after it, when the server may need the processor.
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
    /** No more: it takes a processor from a server on the same machine, and schedulers charge the thread for it. */
    private static final long MOST_MARGIN_NS = TimeUnit.MICROSECONDS.toNanos(100);
    /** So long before the due time the clock is given away: time for another thread to wake and go to sleep again. */
    private static final long HAND_OVER_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Of the time between two requests, at most one part in so many is spent turning idly. */
    private static final int SPIN_SHARE = 8;

    private final Task task;
    private final long[] offsetsNs;
    private final LinkedTransferQueue<Integer> work = new LinkedTransferQueue<>();
    /** Threads that wait for work and are not yet promised any. */
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
        promise(1);
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

    /** Makes sure that there are threads for so many pieces of work to come. */
    private void promise(final int pieces) {
        for (int missing = pieces - idle.get(); missing > 0; missing--) {
            idle.incrementAndGet();
            threads.add(start(threads.size(), this::work));
        }
        idle.addAndGet(-pieces);
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

    /** Waits for the next due time, the first part of it with the clock; returns the number of a request to send. */
    private int keepTime() {
        if (next == offsetsNs.length) {
            return END;
        }
        final int first = next;
        final int together = dueTogether();
        next += together;
        final boolean last = next == offsetsNs.length;
        promise(last ? together - 1 : together);
        final long dueNs = startNs + offsetsNs[first];
        sleepUntil(dueNs - HAND_OVER_NS);
        final long spinNs = Math.min(marginNs, sinceLastNs(first) / SPIN_SHARE);
        if (!last) {
            work.add(CLOCK);
        }
        awaitDue(dueNs, spinNs);
        for (int number = first + 1; number < first + together; number++) {
            work.add(number);
        }
        return first;
    }

    private long sinceLastNs(final int number) {
        return number == 0 ? offsetsNs[0] : offsetsNs[number] - offsetsNs[number - 1];
    }

    /** With the clock. Learns how late sleepers wake. */
    private void sleepUntil(final long timeNs) {
        final boolean early = timeNs > System.nanoTime();
        for (long leftNs = timeNs - System.nanoTime(); leftNs > 0; leftNs = timeNs - System.nanoTime()) {
            LockSupport.parkNanos(leftNs);
        }
        if (early) {
            final long oversleptNs = System.nanoTime() - timeNs;
            marginNs = Math.clamp(Math.max(marginNs * 7 / 8, 2 * oversleptNs), LEAST_MARGIN_NS, MOST_MARGIN_NS);
        }
    }

    /** Sleeps on, but not quite to the end: sleepers wake late, by about as much as the last ones did. */
    private static void awaitDue(final long dueNs, final long spinNs) {
        for (long leftNs = dueNs - System.nanoTime(); leftNs > 0; leftNs = dueNs - System.nanoTime()) {
            if (leftNs > spinNs) {
                LockSupport.parkNanos(leftNs - spinNs);
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
