package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A random host is struck at a random moment, over and over, and comes back: killed, or stopped for a while. */
final class StrikeTrial implements Trial {
    private static final double MOST_ADDED_MS = 300;
    private static final double AIM_MS = 100;
    private static final double BACK_WITHIN_SECONDS = 5;
    private static final int UNDISTURBED_WINDOWS = 3;

    private final String name;
    private final Blow blow;
    /** Of a strike, until the host is let back: longer than the transport takes to notice that somebody is gone. */
    private final long awayNs;

    /** What befalls a host. */
    private interface Blow {
        int times(Settings settings);

        void strike(Deployment deployment, int host) throws InterruptedException;

        /** Lets it back; returns when it was ready. */
        long undo(Deployment deployment, int host) throws InterruptedException;
    }

    private StrikeTrial(final String name, final long awayNs, final Blow blow) {
        this.name = name;
        this.awayNs = awayNs;
        this.blow = blow;
    }

    static StrikeTrial kill() {
        return new StrikeTrial("kill", TimeUnit.MILLISECONDS.toNanos(4000), new Blow() {
            @Override
            public int times(final Settings settings) {
                return settings.kills();
            }

            @Override
            public void strike(final Deployment deployment, final int host) throws InterruptedException {
                deployment.killHost(host);
            }

            @Override
            public long undo(final Deployment deployment, final int host) throws InterruptedException {
                deployment.startHost(host, Bench.PACED);
                return deployment.awaitHostReady(host);
            }
        });
    }

    static StrikeTrial stop() {
        return new StrikeTrial("stop", TimeUnit.SECONDS.toNanos(15), new Blow() {
            @Override
            public int times(final Settings settings) {
                return settings.repeat();
            }

            @Override
            public void strike(final Deployment deployment, final int host) throws InterruptedException {
                deployment.signalHost(host, "-STOP");
            }

            @Override
            public long undo(final Deployment deployment, final int host) throws InterruptedException {
                deployment.signalHost(host, "-CONT");
                return System.nanoTime();
            }
        });
    }

    @Override
    public String name() {
        return name;
    }

    /** What was noted of the strikes. */
    private static final class Notes {
        private final List<Window> away = new ArrayList<>();
        private final List<Window> returning = new ArrayList<>();
        private final List<Double> failovers = new ArrayList<>();
        private final List<Double> backSeconds = new ArrayList<>();
        private final List<Double> stallsMs = new ArrayList<>();
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.start(Bench.PACED)) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), UNDISTURBED_WINDOWS,
                TimeUnit.SECONDS.toNanos(4));
            final Notes notes = new Notes();
            try (Traffic traffic = bench.traffic(deployment.client()); Stalls stalls = Stalls.watch()) {
                traffic.awaitAnswers(1);
                for (int i = 0; i < blow.times(bench.settings()); i++) {
                    strike(bench, deployment, notes);
                    notes.stallsMs.add(stalls.longestMs(notes.away.getLast()));
                    bench.sayPauses(undisturbed, traffic.seen(), notes.away.getLast(), notes.returning.getLast(),
                        notes.stallsMs.getLast());
                }
                judge(bench, verdicts, traffic.stop(), undisturbed, notes);
            }
        }
    }

    private void strike(final Bench bench, final Deployment deployment, final Notes notes)
        throws InterruptedException {
        bench.awaitRandomMoment();
        final int host = bench.random().nextInt(Deployment.HOSTS);
        final double before = failovers(deployment);
        final long struckNs = System.nanoTime();
        blow.strike(deployment, host);
        Waiting.untilNs(struckNs + awayNs);
        final long undoneNs = System.nanoTime();
        notes.failovers.add(failovers(deployment) - before);
        final long readyNs = blow.undo(deployment, host);
        final long backNs = deployment.awaitCarriesLoad(host);
        notes.away.add(new Window(struckNs, undoneNs));
        notes.returning.add(new Window(undoneNs, backNs));
        notes.backSeconds.add((backNs - readyNs) / 1e9);
        bench.say("%s %d: host %d, %d failovers, back after %.1f s".formatted(name, notes.away.size(), host,
            notes.failovers.getLast().intValue(), notes.backSeconds.getLast()));
    }

    private static double failovers(final Deployment deployment) {
        return deployment.view().count("moe_failover_total");
    }

    private void judge(final Bench bench, final Verdicts verdicts, final Seen seen, final Undisturbed undisturbed,
        final Notes notes) {
        bench.judgeAnswers(verdicts, List.of(seen), undisturbed);
        final double[] pauses = undisturbed.addedPausesMs(seen, notes.away);
        verdicts.never("added pause", "ms", MOST_ADDED_MS, pauses);
        verdicts.tell("strikes that added more than " + (int)AIM_MS + " ms", "",
            Arrays.stream(pauses).filter(pause -> pause > AIM_MS).count());
        verdicts.tell("longest stall of this machine meanwhile", "ms", Verdicts.runs(notes.stallsMs));
        verdicts.tell("longest wait for a token undisturbed", "ms", undisturbed.gapMs());
        verdicts.always("failovers counted", "", 1, Verdicts.runs(notes.failovers));
        verdicts.never("until it carries load again", "s", BACK_WITHIN_SECONDS, Verdicts.runs(notes.backSeconds));
        verdicts.tell("added pause while it comes back", "ms", undisturbed.addedPausesMs(seen, notes.returning));
    }
}
