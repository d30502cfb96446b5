package dev.convoke.server.cli;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How long a role runs: until the process is told to end, which then closes it and exits with 0. */
final class Lifetime {
    private static final Duration POLL = Duration.ofMillis(200);

    private Lifetime() {
    }

    /** What may end a role by itself. */
    @FunctionalInterface
    interface Failure {
        /** What ended it, or null. */
        Throwable get();
    }

    /** Waits for SIGTERM or SIGINT, closes the role and ends the process; returns only if the role failed. */
    static Throwable run(final AutoCloseable role, final Failure failure) throws InterruptedException {
        final CountDownLatch failed = new CountDownLatch(1);
        final Thread hook = new Thread(() -> {
            final boolean clean = close(role);
            if (failed.getCount() > 0) {
                // A process that ends on a signal would exit with 128 plus its number.
                Runtime.getRuntime().halt(clean ? 0 : 1);
            }
        }, "shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        while (failure.get() == null) {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        }
        failed.countDown();
        return failure.get();
    }

    private static boolean close(final AutoCloseable role) {
        try {
            role.close();
            return true;
        } catch (final Exception e) {
            System.err.println("convoke: stopping failed: " + e);
            return false;
        }
    }

    /** Seconds since the virtual machine started. */
    static double secondsSinceStart() {
        return ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
    }
}
