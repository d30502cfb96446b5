package dev.convoke.bench.resilience;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A host that replicas are moved to dies half-way: the move is undone and said, and nothing else comes of it. */
final class RollbackTrial implements Trial {
    private static final double SHARE = 0.25;

    @Override
    public String name() {
        return "rollback";
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.start(Bench.PACED)) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), 2, TimeUnit.SECONDS.toNanos(4));
            final List<Double> seconds = new ArrayList<>();
            int reported = 0;
            int restored = 0;
            final int runs = bench.settings().repeat();
            try (Traffic traffic = bench.traffic(deployment.client())) {
                traffic.awaitAnswers(1);
                for (int i = 0; i < runs; i++) {
                    final Placement before = deployment.view().placement();
                    final int host = bench.random().nextInt(Deployment.HOSTS);
                    final double rolledBack = rolledBack(deployment);
                    final long killedNs = killWithinMove(bench, deployment, host);
                    final long doneNs = Waiting.until("the move is rolled back", () ->
                        rolledBack(deployment) > rolledBack);
                    seconds.add((doneNs - killedNs) / 1e9);
                    final JsonNode status = deployment.view().cluster();
                    reported += status.path("last_failure").asText().isEmpty() ? 0 : 1;
                    bench.say("rollback %d: %s".formatted(i + 1, status.path("last_failure").asText()));
                    deployment.startHost(host, Bench.PACED);
                    deployment.awaitHostReady(host);
                    Waiting.until("all replicas are live again", deployment.view()::isComplete);
                    Waiting.until("no move is under way", deployment.view()::isSettled);
                    restored += deployment.view().placement().hasReplicasOf(before) ? 1 : 0;
                }
                bench.judgeAnswers(verdicts, List.of(traffic.stop()), undisturbed);
            }
            verdicts.always("moves whose failure was reported", "", runs, reported);
            verdicts.always("placements as before the move", "", runs, restored);
            verdicts.tell("from the death to the rollback", "s",
                Verdicts.runs(seconds));
        }
    }

    private static double rolledBack(final Deployment deployment) {
        return deployment.view().count("convoke_coordinator_moves_rolled_back_total");
    }

    /** Kills a host as soon as a move that brings it replicas has begun, and before it can have ended; returns when. */
    private static long killWithinMove(final Bench bench, final Deployment deployment, final int host)
        throws InterruptedException {
        final ServerView view = deployment.view();
        Placement target;
        do {
            target = Moves.moved(view.placement(), SHARE, bench.random());
        } while (!gains(view.placement(), target, host));
        view.move(target);
        deployment.killHost(host);
        return System.nanoTime();
    }

    private static boolean gains(final Placement before, final Placement after, final int host) {
        for (int expert = 0; expert < before.layers() * before.experts(); expert++) {
            final int layer = expert / before.experts();
            if (after.holds(host, layer, expert % before.experts())
                && !before.holds(host, layer, expert % before.experts())) {
                return true;
            }
        }
        return false;
    }
}
