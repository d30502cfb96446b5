package dev.convoke.core;

/** What every owner of a thread does at its end. */
public final class Threads {
    private Threads() {
    }

    /** Waits until a thread has ended, whatever happens; the caller is interrupted afterwards if it was meanwhile. */
    public static void joinUninterruptibly(final Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
