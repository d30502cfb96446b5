package dev.convoke.server.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends what takes longer than it may: interrupts the thread that waits for a client, which closes the client's
 * connection. One thread looks at all who wait. Thread-safe.
 */
final class Deadlines implements AutoCloseable {
    private static final int LOOKS_PER_LIMIT = 8;
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private final Set<Wait> waiting = ConcurrentHashMap.newKeySet();
    private final Duration pause;
    private final Thread thread;

    /** Looks often enough for waits at least so long. */
    Deadlines(final Duration shortest) {
        final Duration often = shortest.dividedBy(LOOKS_PER_LIMIT).plusMillis(1);
        pause = often.compareTo(LONGEST_PAUSE) < 0 ? often : LONGEST_PAUSE;
        thread = Thread.ofVirtual().name("deadlines").start(this::run);
    }

    /** The calling thread waits from now to the close, at most until the deadline in {@link System#nanoTime()}. */
    Wait begin(final long deadlineNs) {
        final Wait wait = new Wait(waiting, Thread.currentThread(), deadlineNs);
        waiting.add(wait);
        return wait;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(pause);
                final long nowNs = System.nanoTime();
                waiting.forEach(wait -> wait.interruptAfterDeadline(nowNs));
            }
        } catch (final InterruptedException e) {
            // Closed.
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** Of one thread; ends at the close, after which it is not interrupted any more. */
    static final class Wait implements AutoCloseable {
        private final Set<Wait> waiting;
        private final Thread waiter;
        private final long deadlineNs;
        private boolean ended;

        private Wait(final Set<Wait> waiting, final Thread waiter, final long deadlineNs) {
            this.waiting = waiting;
            this.waiter = waiter;
            this.deadlineNs = deadlineNs;
        }

        private synchronized void interruptAfterDeadline(final long nowNs) {
            if (!ended && nowNs - deadlineNs >= 0) {
                ended = true;
                waiting.remove(this);
                waiter.interrupt();
            }
        }

        @Override
        public synchronized void close() {
            ended = true;
            waiting.remove(this);
        }
    }
}
