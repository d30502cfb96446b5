package dev.convoke.bench.machine;

import dev.convoke.core.ConvokeException;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;

/** Threads that do the same at the same time, each for itself, and what they get done together in a second. */
final class Crew {
    /** A portion of work, some microseconds to milliseconds of it. */
    @FunctionalInterface
    interface Portion {
        /** Does it and returns how much that was. */
        double work();
    }

    private final int threads;
    private final long runNs;

    /**
     * A crew.
     *
     * @param runNs how long each thread works at least
     */
    Crew(final int threads, final long runNs) {
        this.threads = threads;
        this.runNs = runNs;
    }

    /** Work in a second, all threads together; each gets portions of its own by its number. */
    double perSecond(final IntFunction<Portion> portions) {
        final double[] rates = new double[threads];
        final CyclicBarrier start = new CyclicBarrier(threads);
        final CountDownLatch ended = new CountDownLatch(threads);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < threads; i++) {
            final int number = i;
            Thread.ofPlatform().daemon().name("ceiling-" + i).start(() -> {
                try {
                    final Portion portion = portions.apply(number);
                    start.await();
                    rates[number] = rate(portion);
                } catch (final BrokenBarrierException | RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                    start.reset();
                } catch (final InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    ended.countDown();
                }
            });
        }
        await(ended);
        if (failure.get() != null) {
            throw new ConvokeException("The ceilings cannot be measured: " + failure.get(), failure.get());
        }
        double sum = 0;
        for (final double rate : rates) {
            sum += rate;
        }
        return sum;
    }

    private double rate(final Portion portion) {
        final long startNs = System.nanoTime();
        double done = 0;
        long elapsedNs;
        do {
            done += portion.work();
            elapsedNs = System.nanoTime() - startNs;
        } while (elapsedNs < runNs);
        return done * 1e9 / elapsedNs;
    }

    private static void await(final CountDownLatch ended) {
        try {
            ended.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("The measurement was interrupted.", e);
        }
    }
}
