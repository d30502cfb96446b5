package dev.convoke.bench.resilience;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A quarter of all replicas move while clients stream and a probe asks for single tokens. */
final class MoveTrial implements Trial {
    private static final double SHARE = 0.25;
    private static final double AIM_P99 = 1.2;
    private static final double P99 = 0.99;
    private static final long STEADY_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int MOVES_A_RUN = 3;
    /** More often, what the operator asks would take more of the processors than what is moved. */
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(200);

    @Override
    public String name() {
        return "move";
    }

    /** Latencies of the probe, a sample for each run. */
    private static final class Latencies {
        private final List<Double> medians = new ArrayList<>();
        private final List<Double> p99s = new ArrayList<>();

        void add(final double[] ascending) {
            medians.add(Probes.quantile(ascending, 0.5));
            p99s.add(Probes.quantile(ascending, P99));
        }

        static double[] ratios(final List<Double> values, final List<Double> of) {
            final double[] ratios = new double[values.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = values.get(i) / of.get(i);
            }
            return ratios;
        }
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.start(Bench.PACED)) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), 2, STEADY_NS);
            final Latencies steady = new Latencies();
            final Latencies moving = new Latencies();
            final List<Window> moves = new ArrayList<>();
            final List<Double> seconds = new ArrayList<>();
            try (Traffic traffic = bench.traffic(deployment.client());
                Probes probes = Probes.start(deployment.client())) {
                traffic.awaitAnswers(1);
                Placement placement = deployment.view().placement();
                for (int i = 0; i < bench.settings().repeat(); i++) {
                    final long steadyNs = System.nanoTime();
                    Waiting.forNs(STEADY_NS);
                    final long movingNs = System.nanoTime();
                    for (int move = 0; move < MOVES_A_RUN; move++) {
                        placement = Moves.moved(placement, SHARE, bench.random());
                        seconds.add(move(deployment.view(), placement));
                    }
                    moves.add(new Window(movingNs, System.nanoTime()));
                    steady.add(probes.latenciesMs(new Window(steadyNs, movingNs)));
                    moving.add(probes.latenciesMs(moves.getLast()));
                    bench.say("move %d: %d moves of %.1f s, probe p99 %.1f ms, steady %.1f ms".formatted(i + 1,
                        MOVES_A_RUN, seconds.getLast(), moving.p99s.getLast(), steady.p99s.getLast()));
                }
                final Seen seen = traffic.stop();
                bench.judgeAnswers(verdicts, List.of(seen), undisturbed);
                verdicts.never("failed probes", "", 0, probes.failed());
                verdicts.tell("added pause", "ms", undisturbed.addedPausesMs(seen, moves));
            }
            verdicts.tell("a move takes", "s", Verdicts.runs(seconds));
            verdicts.tell("probe p50 steady", "ms", Verdicts.runs(steady.medians));
            verdicts.tell("probe p50 moving", "ms", Verdicts.runs(moving.medians));
            verdicts.tell("probe p99 steady", "ms", Verdicts.runs(steady.p99s));
            verdicts.tell("probe p99 moving", "ms", Verdicts.runs(moving.p99s));
            verdicts.tell("probe p50 against steady", "", Latencies.ratios(moving.medians, steady.medians));
            verdicts.atMost("probe p99 against steady", "", AIM_P99, Latencies.ratios(moving.p99s, steady.p99s));
        }
    }

    /** Returns how long it took. */
    private static double move(final ServerView view, final Placement target) throws InterruptedException {
        final long startNs = System.nanoTime();
        view.move(target);
        final long endNs = Waiting.until("replicas have moved", LOOK_NS, view::isSettled);
        final JsonNode status = view.cluster();
        if (!status.path("last_failure").asText().isEmpty()) {
            throw new ConvokeException("A move of replicas failed: " + status.path("last_failure").asText());
        }
        return (endNs - startNs) / 1e9;
    }
}
