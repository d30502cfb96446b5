package dev.convoke.bench.resilience;

import dev.convoke.core.ConvokeException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what other processes do. */
final class Waiting {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(90);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private Waiting() {
    }

    /** Looks now and then; returns when it was so, and throws if it never is. */
    static long until(final String what, final BooleanSupplier condition) throws InterruptedException {
        return until(what, LOOK_NS, condition);
    }

    /** The same, every so often: what looking costs the processes must not count as theirs. */
    static long until(final String what, final long everyNs, final BooleanSupplier condition)
        throws InterruptedException {
        final long deadlineNs = System.nanoTime() + LIMIT_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new ConvokeException("Within " + TimeUnit.NANOSECONDS.toSeconds(LIMIT_NS)
                    + " s it did not happen that " + what + ".");
            }
            forNs(everyNs);
        }
        return System.nanoTime();
    }

    static void forNs(final long durationNs) throws InterruptedException {
        untilNs(System.nanoTime() + durationNs);
    }

    static void untilNs(final long timeNs) throws InterruptedException {
        for (long leftNs = timeNs - System.nanoTime(); leftNs > 0; leftNs = timeNs - System.nanoTime()) {
            LockSupport.parkNanos(leftNs);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
