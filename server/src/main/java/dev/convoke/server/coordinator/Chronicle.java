package dev.convoke.server.coordinator;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.loadbalance.MovePlan;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells operators what the coordinator decided: counts, logs, and remembers the latest. Owned by one thread. */
final class Chronicle {
    private static final Logger LOG = LoggerFactory.getLogger(Chronicle.class);
    private static final int MOST_EVENTS = 32;

    private final Deque<String> history = new ArrayDeque<>();
    private final IntFunction<String> addresses;
    private final Counter movesStarted;
    private final Counter movesFinished;
    private final Counter movesRolledBack;
    private final Counter lastResorts;
    private final Counter hostsAdded;
    private final Counter hostsForgotten;
    private String lastFailure = "";

    Chronicle(final Counters counters, final IntFunction<String> addresses) {
        this.addresses = addresses;
        movesStarted = counters.register("coordinator_moves_started", "Moves of replicas begun.");
        movesFinished = counters.register("coordinator_moves_finished", "Moves of replicas that succeeded.");
        movesRolledBack = counters.register("coordinator_moves_rolled_back",
            "Moves of replicas that did not succeed and were undone.");
        lastResorts = counters.register("moe_last_resort_loads",
            "Experts that a host was told to load because no host served them any more.");
        hostsAdded = counters.register("coordinator_hosts_added", "Expert hosts that registered and were not known.");
        hostsForgotten = counters.register("coordinator_hosts_forgotten",
            "Expert hosts that left and whose numbers are free for others.");
    }

    /** Why the last move was rolled back, in one sentence; empty if it was not. */
    String lastFailure() {
        return lastFailure;
    }

    /** The latest last. */
    List<String> latest() {
        return List.copyOf(history);
    }

    /** Something was decided. */
    void on(final Event event) {
        switch (event) {
            case Event.MoveStarted(final int loads, final int drops, final boolean undoing) -> {
                movesStarted.increment();
                lastFailure = undoing ? lastFailure : "";
                note("moving replicas: " + loads + " to load, " + drops + " to free");
            }
            case Event.MoveFinished(final long epoch) -> {
                movesFinished.increment();
                lastFailure = "";
                note("replicas lie as was asked for, epoch " + epoch);
            }
            case Event.MoveRolledBack(final String reason) -> {
                movesRolledBack.increment();
                lastFailure = reason;
                note("a move of replicas was rolled back: " + reason.replaceAll("\\.$", ""));
            }
            case Event.LastResort(final MovePlan.Step step) -> {
                lastResorts.increment();
                note("no host serves layer " + step.layer() + " expert " + step.expert() + " any more; host "
                    + addresses.apply(step.host()) + " loads it");
            }
            case Event.HostAdded(final int host, final String address) -> {
                hostsAdded.increment();
                note("expert host " + address + " registered and is number " + host);
            }
            case Event.HostForgotten(final int host, final String address) -> {
                hostsForgotten.increment();
                note("expert host " + address + " has left; number " + host + " is free");
            }
            // The routing service logs these.
            case Event.HostJoined(final int host) -> remember("host " + addresses.apply(host) + " is there");
            case Event.HostGone(final int host) -> remember("host " + addresses.apply(host) + " is gone");
            case Event.Published _, Event.LoadOrdered _, Event.FreeOrdered _, Event.Rejected _ -> { }
        }
    }

    private void note(final String what) {
        LOG.info("Coordinator: {}.", what);
        remember(what);
    }

    private void remember(final String what) {
        history.addLast(what);
        if (history.size() > MOST_EVENTS) {
            history.removeFirst();
        }
    }
}
