package dev.convoke.routing;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;

/**
 * Where the addresses of hosts wait that have come or gone. Any thread proposes; the decoder's puts them in force
 * between steps, or in one that is stuck, since a connection is opened for a host that is new.
 */
final class ProposedHosts {
    private final HostRoster roster;
    private final RoutingCounters counters;
    private final ExchangeTimes times;
    private final Logger logger;
    private final AtomicReference<List<String>> proposed = new AtomicReference<>();

    ProposedHosts(final HostRoster roster, final RoutingCounters counters, final ExchangeTimes times,
        final Logger logger) {
        this.roster = roster;
        this.counters = counters;
        this.times = times;
        this.logger = logger;
    }

    /** Any thread: the last list counts. */
    void propose(final List<String> addresses) {
        if (addresses.size() != roster.links().length) {
            throw new ConfigurationException("The coordinator has room for " + addresses.size() + " hosts, this "
                + "decoder for " + roster.links().length + " since it was started; restart it.");
        }
        proposed.set(List.copyOf(addresses));
    }

    /** Whether something was proposed and is not in force. */
    boolean isPending() {
        return proposed.get() != null;
    }

    /** Puts what was proposed in force. */
    void take() {
        final List<String> addresses = proposed.getAndSet(null);
        for (int host = 0; addresses != null && host < addresses.size(); host++) {
            final String address = addresses.get(host);
            if (!address.equals(roster.link(host).address())) {
                assign(host, address);
            }
        }
    }

    private void assign(final int host, final String address) {
        try {
            roster.assign(host, address);
            counters.assign(host, address);
            times.assign(host, address);
        } catch (final ConvokeException e) {
            logger.warn("Expert host {} cannot be connected to: {}", address, e.getMessage());
        }
    }
}
