package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Rates with all hosts, with one fewer, and with one that is slow, in turns: hosts are paced, so that there is capacity
 * to spare and the processors of this machine are none of it.
 */
final class ThroughputTrial implements Trial {
    private static final double MOST_LOST = 0.02;
    private static final double LEAST_SHARE = 0.8;
    private static final String TEN_TIMES_SLOWER = "fixed=50ms";
    private static final long RUN_NS = TimeUnit.SECONDS.toNanos(4);
    private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(1);

    private final boolean slow;

    private ThroughputTrial(final boolean slow) {
        this.slow = slow;
    }

    /** One of the hosts becomes ten times slower. */
    static ThroughputTrial slow() {
        return new ThroughputTrial(true);
    }

    /** One of the hosts dies. */
    static ThroughputTrial spare() {
        return new ThroughputTrial(false);
    }

    @Override
    public String name() {
        return slow ? "slow" : "spare";
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.start(Bench.PACED)) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), 2, RUN_NS);
            final List<Seen> seen = new ArrayList<>();
            final int runs = bench.settings().repeat();
            final double[] lost = new double[runs];
            final double[] share = new double[runs];
            for (int i = 0; i < runs; i++) {
                final int host = bench.random().nextInt(Deployment.HOSTS);
                final double all = rate(bench, deployment, seen);
                deployment.killHost(host);
                Waiting.forNs(SETTLE_NS);
                final double fewer = rate(bench, deployment, seen);
                lost[i] = 1 - fewer / all;
                if (slow) {
                    // It may well be given nothing but copies.
                    deployment.startHost(host, List.of("--pace", TEN_TIMES_SLOWER));
                    deployment.awaitHostReady(host);
                    underLoad(bench, deployment, () -> { });
                    share[i] = rate(bench, deployment, seen) / fewer;
                    deployment.killHost(host);
                }
                bringBack(bench, deployment, host, Bench.PACED);
                bench.say("%s %d: host %d, %.0f tokens/s with all, %.0f without it%s".formatted(name(), i + 1, host,
                    all, fewer, slow ? ", %.0f with it ten times slower".formatted(share[i] * fewer) : ""));
            }
            bench.judgeAnswers(verdicts, seen, undisturbed);
            if (slow) {
                verdicts.atLeast("throughput against the healthy hosts alone", "", LEAST_SHARE, share);
            } else {
                verdicts.atMost("throughput lost without one of three", "", MOST_LOST, lost);
            }
        }
    }

    private static double rate(final Bench bench, final Deployment deployment, final List<Seen> seen)
        throws InterruptedException {
        final Bench.Measured run = bench.measure(deployment.client(), RUN_NS);
        seen.add(run.seen());
        return run.tokensPerSecond();
    }

    private static void bringBack(final Bench bench, final Deployment deployment, final int host,
        final List<String> options) throws InterruptedException {
        deployment.startHost(host, options);
        deployment.awaitHostReady(host);
        underLoad(bench, deployment, () -> deployment.awaitCarriesLoad(host));
    }

    /** What is awaited under load. */
    private interface Awaited {
        void await() throws InterruptedException;
    }

    /** So that a host can show what it does. */
    private static void underLoad(final Bench bench, final Deployment deployment, final Awaited awaited)
        throws InterruptedException {
        try (Traffic traffic = bench.traffic(deployment.client())) {
            awaited.await();
            Waiting.forNs(SETTLE_NS);
            traffic.stop();
        }
    }
}
