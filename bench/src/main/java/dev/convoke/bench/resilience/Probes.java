package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that asks for one token at a time, to see how long that takes. */
final class Probes implements AutoCloseable {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(15);
    private static final Question QUESTION = new Question("The", 0);

    private final List<Streamed> answers = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile boolean stopping;

    private Probes(final StreamClient client) {
        thread = Thread.ofPlatform().name("probes").daemon().unstarted(() -> {
            while (!stopping) {
                answers.add(client.ask(QUESTION, 1));
                LockSupport.parkNanos(PAUSE_NS);
            }
        });
    }

    static Probes start(final StreamClient client) {
        final Probes probes = new Probes(client);
        probes.thread.start();
        return probes;
    }

    /** How long those took that were asked in a window, ascending; failed ones are left out. */
    double[] latenciesMs(final Window window) {
        synchronized (answers) {
            return answers.stream().filter(answer -> !answer.failed() && window.contains(answer.sentNs()))
                .mapToDouble(answer -> (answer.tokenNs()[0] - answer.sentNs()) / 1e6).sorted().toArray();
        }
    }

    int failed() {
        synchronized (answers) {
            return (int)answers.stream().filter(Streamed::failed).count();
        }
    }

    /** The value that a share of ascending ones does not exceed. */
    static double quantile(final double[] ascending, final double share) {
        return ascending[(int)Math.min(ascending.length - 1, Math.ceil(share * ascending.length) - 1)];
    }

    /** Asks no more. */
    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
