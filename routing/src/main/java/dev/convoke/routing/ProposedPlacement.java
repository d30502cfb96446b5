package dev.convoke.routing;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Where the next placement waits for its step. Any thread proposes; the decoder's puts it in force between steps, once
 * hosts have said that they hold what it takes: no expert that can be reached now is out of reach afterwards. Until
 * then the hosts that lack something are greeted again and again.
 */
final class ProposedPlacement {
    private final HostRoster roster;
    private final RoutedModel model;
    private final int hosts;
    private final AtomicReference<Placement> proposed = new AtomicReference<>();
    private int triedAsOf;

    ProposedPlacement(final RoutingContext context, final HostRoster roster) {
        this.roster = roster;
        this.model = context.model();
        this.hosts = context.hostAddresses().size();
    }

    /** Any thread: the latest epoch counts. */
    void propose(final Placement next) {
        if (next.layers() != model.layers() || next.experts() != model.experts() || next.hosts() != hosts) {
            throw new ConfigurationException("The new placement is of " + next.layers() + " layers, " + next.experts()
                + " experts and " + next.hosts() + " hosts, the deployment of " + model.layers() + ", "
                + model.experts() + " and " + hosts + ".");
        }
        proposed.accumulateAndGet(next, (before, given) -> before != null && before.epoch() >= given.epoch()
            ? before : given);
    }

    /** Whether something was proposed and is not in force. */
    boolean isPending() {
        return proposed.get() != null;
    }

    /** Between steps, or in one that is stuck: puts what was proposed in force if it is time; whether it did. */
    boolean tryTake() {
        final Placement next = proposed.get();
        if (next == null) {
            return false;
        }
        if (next.epoch() <= roster.placement().epoch()) {
            proposed.compareAndSet(next, null);
            return false;
        }
        if (roster.expected() != next) {
            roster.expect(next);
        } else if (triedAsOf == roster.changes()) {
            return false;
        }
        triedAsOf = roster.changes();
        if (!roster.census().keepsReach(next)) {
            return false;
        }
        proposed.compareAndSet(next, null);
        roster.placement(next);
        return true;
    }
}
