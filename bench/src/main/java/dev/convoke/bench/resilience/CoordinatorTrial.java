package dev.convoke.bench.resilience;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A coordinator of its own is killed while clients stream, and started again: it must know what it knew, and move
 * replicas when it is told to.
 */
final class CoordinatorTrial implements Trial {
    private static final double MOST_ADDED_MS = 100;
    private static final double SHARE = 0.25;
    /** Longer than it takes to be missed: decoders report five times a second, hosts register every second. */
    private static final long AWAY_NS = TimeUnit.SECONDS.toNanos(4);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(200);

    @Override
    public String name() {
        return "coordinator";
    }

    /** What was noted of each time. */
    private static final class Notes {
        private final List<Window> away = new ArrayList<>();
        private final List<Window> returning = new ArrayList<>();
        private final List<Double> stallsMs = new ArrayList<>();
        private final List<Double> recoverySeconds = new ArrayList<>();
        private final List<Double> moveSeconds = new ArrayList<>();
        private int recovered;
        private int moved;
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.startJoined(Bench.PACED)) {
            final Undisturbed undisturbed = bench.undisturbed(deployment.client(), 2, AWAY_NS);
            final Notes notes = new Notes();
            try (Traffic traffic = bench.traffic(deployment.client()); Stalls stalls = Stalls.watch()) {
                traffic.awaitAnswers(1);
                for (int i = 0; i < bench.settings().repeat(); i++) {
                    strike(bench, deployment, notes);
                    notes.stallsMs.add(stalls.longestMs(notes.away.getLast()));
                    bench.sayPauses(undisturbed, traffic.seen(), notes.away.getLast(), notes.returning.getLast(),
                        notes.stallsMs.getLast());
                }
                judge(bench, verdicts, traffic.stop(), undisturbed, notes);
            }
        }
    }

    private static void strike(final Bench bench, final Deployment deployment, final Notes notes)
        throws InterruptedException {
        final ServerView coordinator = deployment.coordinator();
        bench.awaitRandomMoment();
        final JsonNode before = coordinator.cluster();
        final Placement placement = coordinator.placement();
        final long struckNs = System.nanoTime();
        deployment.killCoordinator();
        Waiting.untilNs(struckNs + AWAY_NS);
        final long startedNs = System.nanoTime();
        deployment.startCoordinator();
        deployment.awaitCoordinatorReady();
        final boolean known = knows(coordinator, before, placement);
        final long recoveredNs = Waiting.until("decoder and hosts are with the coordinator again", LOOK_NS,
            coordinator::isAtRest);
        notes.recovered += known && knows(coordinator, before, placement) ? 1 : 0;
        final Placement target = Moves.moved(placement, SHARE, bench.random());
        final long movedNs = System.nanoTime();
        coordinator.move(target);
        final long doneNs = Waiting.until("replicas have moved", LOOK_NS, coordinator::isAtRest);
        notes.moved += coordinator.cluster().path("last_failure").asText().isEmpty()
            && coordinator.placement().hasReplicasOf(target) ? 1 : 0;
        notes.away.add(new Window(struckNs, startedNs));
        notes.returning.add(new Window(startedNs, doneNs));
        notes.recoverySeconds.add((recoveredNs - startedNs) / 1e9);
        notes.moveSeconds.add((doneNs - movedNs) / 1e9);
        bench.say("coordinator %d: %s, all with it after %.1f s, a move of %.1f s".formatted(notes.away.size(),
            known ? "knows what it knew" : "has forgotten: " + coordinator.cluster(),
            notes.recoverySeconds.getLast(), notes.moveSeconds.getLast()));
    }

    private static boolean knows(final ServerView coordinator, final JsonNode before, final Placement placement)
        throws InterruptedException {
        return isSame(before, coordinator.cluster()) && isSame(placement, coordinator.placement());
    }

    /** Whether it is the same epoch and the same hosts under the same numbers. */
    private static boolean isSame(final JsonNode before, final JsonNode now) {
        boolean same = before.path("epoch").equals(now.path("epoch"))
            && before.path("hosts").size() == now.path("hosts").size();
        for (int host = 0; host < before.path("hosts").size(); host++) {
            final JsonNode its = before.path("hosts").path(host);
            final JsonNode again = now.path("hosts").path(host);
            same &= its.path("address").equals(again.path("address")) && its.path("drained").equals(
                again.path("drained")) && its.path("replicas_placed").equals(again.path("replicas_placed"));
        }
        return same;
    }

    private static boolean isSame(final Placement before, final Placement now) {
        return before.epoch() == now.epoch() && before.hasReplicasOf(now);
    }

    private static void judge(final Bench bench, final Verdicts verdicts, final Seen seen,
        final Undisturbed undisturbed, final Notes notes) {
        bench.judgeAnswers(verdicts, List.of(seen), undisturbed);
        verdicts.never("added pause", "ms", MOST_ADDED_MS, undisturbed.addedPausesMs(seen, notes.away));
        verdicts.tell("longest stall of this machine meanwhile", "ms", Verdicts.runs(notes.stallsMs));
        verdicts.tell("longest wait for a token undisturbed", "ms", undisturbed.gapMs());
        verdicts.always("restarts that knew hosts, epoch and placement", "", bench.settings().repeat(),
            notes.recovered);
        verdicts.tell("from the start until decoder and hosts are with it", "s", Verdicts.runs(notes.recoverySeconds));
        verdicts.always("moves carried out after a restart", "", bench.settings().repeat(), notes.moved);
        verdicts.tell("a move takes", "s", Verdicts.runs(notes.moveSeconds));
        verdicts.tell("added pause while it comes back and moves replicas", "ms",
            undisturbed.addedPausesMs(seen, notes.returning));
    }
}
