package dev.convoke.bench;

import java.util.Arrays;

/** Calls something small over and over: some time to warm up, then runs of some time each. */
public final class Repetition {
    private final long warmUpNs;
    private final long runNs;
    private final int runs;

    /**
     * Settings of a measurement.
     *
     * @param warmUpNs before anything counts
     * @param runNs    that a run takes at least
     * @param runs     that count
     */
    public Repetition(final long warmUpNs, final long runNs, final int runs) {
        this.warmUpNs = warmUpNs;
        this.runNs = runNs;
        this.runs = runs;
    }

    /** Nanoseconds that a call takes, the mean of each run. */
    public Spread nsPerCall(final Runnable call) {
        measure(call, warmUpNs);
        final double[] samples = new double[runs];
        Arrays.setAll(samples, _ -> measure(call, runNs));
        return Spread.of(samples);
    }

    /** Reads the clock after ever more calls, so that reading it does not count. */
    private static double measure(final Runnable call, final long leastNs) {
        final long startNs = System.nanoTime();
        long calls = 0;
        long batch = 1;
        long elapsedNs = 0;
        while (elapsedNs < leastNs || calls == 0) {
            for (long i = 0; i < batch; i++) {
                call.run();
            }
            calls += batch;
            elapsedNs = System.nanoTime() - startNs;
            batch = elapsedNs < leastNs / 16 ? batch * 2 : batch;
        }
        return (double)elapsedNs / calls;
    }
}
