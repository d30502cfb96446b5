package dev.convoke.server.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command that takes long end early and properly when the process is told to end: what it does is asked to stop,
 * and the process ends when it has, with the command's own exit code.
 */
final class StopSignal {
    private static final long LIMIT_SECONDS = 30;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Runnable stop;
    private volatile boolean given;
    private volatile int exitCode = 1;

    private StopSignal(final Runnable stop) {
        this.stop = stop;
    }

    /**
     * Runs work.
     *
     * @param stop asks it to end soon; called by another thread
     */
    static int run(final Callable<Integer> work, final Runnable stop) throws Exception {
        final StopSignal signal = new StopSignal(stop);
        final Thread hook = new Thread(signal::onSignal, "stop-signal");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            signal.exitCode = work.call();
            return signal.exitCode;
        } catch (final Exception e) {
            if (signal.given) {
                // Nobody would say so before the process ends.
                System.err.println("convoke: " + e.getMessage());
            }
            throw e;
        } finally {
            System.out.flush();
            System.err.flush();
            signal.done.countDown();
            signal.removeHook(hook);
        }
    }

    private void removeHook(final Thread hook) {
        if (!given) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (final IllegalStateException e) {
                // The signal has come this moment; the hook finds the work done.
            }
        }
    }

    private void onSignal() {
        given = true;
        stop.run();
        try {
            if (!done.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("convoke: it did not end within " + LIMIT_SECONDS + " s of being told to.");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }
}
