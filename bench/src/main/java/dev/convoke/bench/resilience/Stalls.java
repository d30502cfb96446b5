package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Notices when the machine itself keeps a thread waiting: one that wants to run every millisecond, and notes how much
 * later it does. Pauses of streams that are not longer say nothing of the deployment.
 */
final class Stalls implements AutoCloseable {
    private static final long TURN_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LEAST_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final List<Window> stalls = new ArrayList<>();
    private volatile boolean stopping;

    private Stalls() {
    }

    static Stalls watch() {
        final Stalls stalls = new Stalls();
        Thread.ofPlatform().name("stalls").daemon().start(stalls::run);
        return stalls;
    }

    private void run() {
        long beforeNs = System.nanoTime();
        while (!stopping) {
            LockSupport.parkNanos(TURN_NS);
            final long nowNs = System.nanoTime();
            if (nowNs - beforeNs > LEAST_NS) {
                synchronized (stalls) {
                    stalls.add(new Window(beforeNs, nowNs));
                }
            }
            beforeNs = nowNs;
        }
    }

    /** The longest that shares a moment with a window. */
    double longestMs(final Window window) {
        synchronized (stalls) {
            return stalls.stream().filter(stall -> window.overlaps(stall.fromNs(), stall.toNs()))
                .mapToDouble(stall -> stall.seconds() * 1e3).max().orElse(0);
        }
    }

    /** Looks no more. */
    @Override
    public void close() {
        stopping = true;
    }
}
