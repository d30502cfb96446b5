package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** All hosts of some experts are killed at once, and one is left that has room for them. */
final class LastResortTrial implements Trial {
    private static final long LENGTH_NS = TimeUnit.SECONDS.toNanos(4);

    @Override
    public String name() {
        return "last-resort";
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        final double[] pauses = new double[bench.settings().repeat()];
        final double[] loads = new double[pauses.length];
        final List<Seen> all = new ArrayList<>();
        Undisturbed undisturbed = null;
        for (int i = 0; i < pauses.length; i++) {
            try (Deployment deployment = bench.start(Bench.PACED)) {
                final Undisturbed here = bench.undisturbed(deployment.client(), 1, LENGTH_NS);
                undisturbed = undisturbed == null ? here : undisturbed;
                final int left = bench.random().nextInt(Deployment.HOSTS);
                try (Traffic traffic = bench.traffic(deployment.client())) {
                    traffic.awaitAnswers(1);
                    final long struckNs = System.nanoTime();
                    for (int host = 0; host < Deployment.HOSTS; host++) {
                        if (host != left) {
                            deployment.killHost(host);
                        }
                    }
                    traffic.awaitAnswers(2);
                    final Window window = new Window(struckNs, System.nanoTime());
                    all.add(traffic.stop());
                    pauses[i] = here.addedPauseMs(all.getLast(), window) / 1e3;
                    loads[i] = deployment.view().count("moe_last_resort_loads_total");
                    bench.say("last-resort %d: host %d is left, a pause of %.1f s, %d experts loaded".formatted(i + 1,
                        left, pauses[i], (int)loads[i]));
                }
            }
        }
        bench.judgeAnswers(verdicts, all, undisturbed);
        verdicts.always("experts loaded elsewhere", "", 1, loads);
        verdicts.tell("added pause", "s", pauses);
    }
}
