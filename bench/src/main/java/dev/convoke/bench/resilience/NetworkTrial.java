package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A decoder whose network loses or delays frames, in turns with one on the same hosts whose network does not. */
final class NetworkTrial implements Trial {
    private static final double LEAST_SHARE = 0.8;
    private static final double MOST_ADDED_MS = 300;
    private static final long RUN_NS = TimeUnit.SECONDS.toNanos(4);
    private static final int FAULTY = 1;

    private final String name;
    private final String network;

    NetworkTrial(final String name, final String network) {
        this.name = name;
        this.network = network;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        final String seeded = network + ",seed=" + bench.random().nextInt(1, Integer.MAX_VALUE);
        try (Deployment deployment = bench.start(Bench.PACED,
            List.of(List.of(), List.of("--network", seeded)))) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), 2, RUN_NS);
            bench.warmUp(deployment.client(FAULTY));
            final List<Bench.Measured> runs = new ArrayList<>();
            final double[] shares = new double[bench.settings().repeat()];
            for (int i = 0; i < shares.length; i++) {
                final double healthy = bench.measure(deployment.client(), RUN_NS).tokensPerSecond();
                runs.add(bench.measure(deployment.client(FAULTY), RUN_NS));
                shares[i] = runs.getLast().tokensPerSecond() / healthy;
                bench.say("%s %d: %.0f of %.0f tokens/s".formatted(name, i + 1, runs.getLast().tokensPerSecond(),
                    healthy));
            }
            bench.judgeAnswers(verdicts, runs.stream().map(Bench.Measured::seen).toList(), undisturbed);
            verdicts.never("added pause", "ms", MOST_ADDED_MS, runs.stream()
                .mapToDouble(run -> undisturbed.addedPauseMs(run.seen(), run.window())).toArray());
            verdicts.atLeast("throughput against a healthy network", "", LEAST_SHARE, shares);
            verdicts.tell("frames lost or late", "", deployment.view(FAULTY).count("convoke_faults_lost_total")
                + deployment.view(FAULTY).count("convoke_faults_delayed_total"));
        }
    }
}
