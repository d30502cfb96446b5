package dev.convoke.bench.serve;

import dev.convoke.core.Threads;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The same small request at a steady rate beside a run, past its cap of concurrent requests: a server that pauses for
 * everybody shows it here. Measures from the intended time. Runs from its construction to {@link #close}.
 */
public final class Probes implements AutoCloseable {
    private final PreparedRequest probe;
    private final double perSecond;
    private final List<RequestOutcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    private final Thread clock;

    /** Starts. */
    public Probes(final PreparedRequest probe, final double perSecond) {
        this.probe = probe;
        this.perSecond = perSecond;
        this.clock = Thread.ofPlatform().name("probes").start(this::run);
    }

    private void run() {
        final List<Thread> underWay = new ArrayList<>();
        final long startNs = System.nanoTime();
        try {
            for (long i = 0;; i++) {
                final long intendedNs = startNs + Math.round(i * 1e9 / perSecond);
                LoadRun.awaitTime(intendedNs);
                underWay.removeIf(thread -> !thread.isAlive());
                underWay.add(Thread.ofVirtual().start(() -> outcomes.add(probe.send(intendedNs))));
            }
        } catch (final InterruptedException e) {
            underWay.forEach(Threads::joinUninterruptibly);
        }
    }

    /** Sends no more and waits for the answers to those sent. */
    @Override
    public void close() {
        clock.interrupt();
        Threads.joinUninterruptibly(clock);
    }

    /** What came of each probe, in the order in which they ended; all of them once it is closed. */
    public List<RequestOutcome> outcomes() {
        return List.copyOf(outcomes);
    }
}
