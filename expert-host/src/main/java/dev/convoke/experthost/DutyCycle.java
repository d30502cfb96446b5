package dev.convoke.experthost;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * How work that can wait keeps to a fifth of one processor while a host serves, in portions of half a millisecond; it
 * has all of one while no rows come. Of one thread, which does that work.
 */
final class DutyCycle {
    private static final double SHARE = 0.2;
    /** The longest that rows may have to wait for the processor, and long beside what a rest costs. */
    private static final long PORTION_NS = TimeUnit.MICROSECONDS.toNanos(500);
    /** Rows came within so long: more will. */
    private static final long SERVING_NS = TimeUnit.SECONDS.toNanos(1);

    private final NanoClock clock;
    private final LongSupplier workedNs;
    private final LongSupplier served;
    private long workedBeforeNs;
    private long servedBefore;
    private long servedNs;
    private long restUntilNs;

    /**
     * Nothing is done yet.
     *
     * @param clock    monotonic
     * @param workedNs how long a processor has worked for the thread
     * @param served   rises when rows come
     */
    DutyCycle(final NanoClock clock, final LongSupplier workedNs, final LongSupplier served) {
        this.clock = clock;
        this.workedNs = workedNs;
        this.served = served;
        servedBefore = served.getAsLong();
        servedNs = clock.nanoTime() - SERVING_NS;
        restUntilNs = clock.nanoTime();
    }

    /** Of the calling thread. */
    static DutyCycle ofThread(final LongSupplier served) {
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return new DutyCycle(SystemNanoClock.INSTANCE, threads::getCurrentThreadCpuTime, served);
    }

    /** Work begins: what the thread did before does not count. */
    void begin() {
        workedBeforeNs = workedNs.getAsLong();
    }

    /** How long to rest now, 0 to go on; to be asked between small pieces of work, and again after a rest. */
    long restNs() {
        final long nowNs = clock.nanoTime();
        if (restUntilNs - nowNs > 0) {
            return restUntilNs - nowNs;
        }
        if (nowNs - restUntilNs < PORTION_NS) {
            return 0;
        }
        final long used = workedNs.getAsLong() - workedBeforeNs;
        workedBeforeNs += used;
        if (served.getAsLong() != servedBefore) {
            servedBefore = served.getAsLong();
            servedNs = nowNs;
        }
        restUntilNs = nowNs + (nowNs - servedNs < SERVING_NS ? Math.round(used * (1 - SHARE) / SHARE) : 0);
        return restUntilNs - nowNs;
    }
}
