package dev.convoke.routing;

import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.MutableInteger;
import org.slf4j.Logger;

/** All hosts of the deployment: notices who comes and goes, and introduces the decoder to them. */
final class HostRoster {
    private final RoutingContext context;
    private final FramePort port;
    private final Map<String, Gauge[]> ofAddress = new HashMap<>();
    private final HostLink[] links;
    private final Gauge[] up;
    private final Gauge[] breakers;
    private final Gauge[] inFlight;
    private final long helloIntervalNs;
    private final ExpandableArrayBuffer hello = new ExpandableArrayBuffer();
    private final int helloBytes;
    private final MutableInteger changes = new MutableInteger();
    private final ReplicaCensus census;
    private Placement placement;
    private Placement expected;
    private int countedAsOf = -1;

    HostRoster(final RoutingContext context, final FrameIdentity identity) {
        this.context = context;
        this.port = context.port();
        this.placement = context.placement();
        this.expected = placement;
        this.helloIntervalNs = context.helloIntervalNs();
        this.links = new HostLink[placement.hosts()];
        Arrays.setAll(links, host -> new HostLink(host, context, changes));
        this.census = new ReplicaCensus(links, context.counters());
        this.up = new Gauge[links.length];
        this.breakers = new Gauge[links.length];
        this.inFlight = new Gauge[links.length];
        for (final HostLink link : links) {
            measure(link.host(), link.address());
        }
        this.helloBytes = new FrameWriter().hello(hello, 0, identity, context.model().hiddenSize());
    }

    private void measure(final int host, final String address) {
        if (!address.equals(ExpertExchange.NOBODY)) {
            final Gauge[] its = ofAddress.computeIfAbsent(address, this::registered);
            up[host] = its[0];
            breakers[host] = its[1];
            inFlight[host] = its[2];
        }
    }

    private Gauge[] registered(final String address) {
        final Counters counters = context.counters().labelled("host", address);
        return new Gauge[] {
            counters.registerGauge("moe_expert_host_up", "1 while the host takes this decoder's rows, else 0."),
            counters.registerGauge("moe_host_breaker",
                "What the host is given: 0 all it is placed for, 1 copies of what others do, 2 greetings."),
            counters.registerGauge("moe_replica_inflight", "Entries that the host was sent and has not answered.")};
    }

    /** Another host has a number from now on, or none has. Between steps. */
    void assign(final int host, final String address) {
        if (!links[host].isVacant()) {
            up[host].set(0);
            inFlight[host].set(0);
        }
        port.assign(host, address);
        links[host].assign(address);
        measure(host, address);
    }

    HostLink[] links() {
        return links;
    }

    HostLink link(final int host) {
        return links[host];
    }

    Placement placement() {
        return placement;
    }

    /** What hosts shall hold: the placement, or the one that is to follow it. */
    Placement expected() {
        return expected;
    }

    /** Another placement is to follow: hosts that lack something of it are asked what they hold. */
    void expect(final Placement next) {
        expected = next;
        for (final HostLink link : links) {
            link.onExpected(next);
        }
    }

    void placement(final Placement next) {
        placement = next;
        changes.increment();
        expect(next);
    }

    /** Follows connections, looks for silence and says hello where it is due; on the step path. */
    int attend(final long quietNs, final long nowNs) {
        int work = 0;
        for (int host = 0; host < links.length; host++) {
            final HostLink link = links[host];
            if (link.isVacant()) {
                continue;
            }
            if (link.onConnected(port.isConnected(host), nowNs)) {
                work++;
            }
            link.check(quietNs, nowNs);
            if (link.isHelloDue(nowNs) && port.offer(host, hello, 0, helloBytes) > 0) {
                link.onHelloSent(nowNs, helloIntervalNs, expected != placement);
                work++;
            }
            up[host].set(link.isReady() ? 1 : 0);
            breakers[host].set(link.standing().breaker().state().ordinal());
            inFlight[host].set(link.standing().outstandingEntries());
        }
        return work;
    }

    /** Counts up whenever a host becomes more or less use. */
    int changes() {
        return changes.get();
    }

    /** How many replicas are live now. */
    ReplicaCensus census() {
        if (countedAsOf != changes.get()) {
            countedAsOf = changes.get();
            census.take(placement);
        }
        return census;
    }

    void log(final Logger logger, final long nowNs) {
        for (final HostLink link : links) {
            link.log(logger, nowNs);
        }
    }
}
