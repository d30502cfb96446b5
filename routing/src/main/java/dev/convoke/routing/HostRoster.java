package dev.convoke.routing;

import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import java.util.Arrays;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.MutableInteger;
import org.slf4j.Logger;

/** All hosts of the deployment: notices who comes and goes, and introduces the decoder to them. */
final class HostRoster {
    private final FramePort port;
    private final HostLink[] links;
    private final HostMeasures<Gauges> gauges;
    private final long helloIntervalNs;
    private final FrameWriter writer = new FrameWriter();
    private final ExpandableArrayBuffer hello = new ExpandableArrayBuffer();
    private final FrameIdentity identity;
    private final int hiddenSize;
    private final MutableInteger changes = new MutableInteger();
    private final ReplicaCensus census;
    private Placement placement;
    private Placement expected;
    private int countedAsOf = -1;

    /** How one host does. */
    private record Gauges(Gauge up, Gauge breaker, Gauge inFlight, Gauge loss) {
        static Gauges register(final Counters host) {
            return new Gauges(
                host.registerGauge("moe_expert_host_up", "1 while the host takes this decoder's rows, else 0."),
                host.registerGauge("moe_host_breaker",
                    "What the host is given: 0 all it is placed for, 1 copies of what others do, 2 greetings."),
                host.registerGauge("moe_replica_inflight", "Entries that the host was sent and has not answered."),
                host.registerGauge("moe_host_frame_loss_per_million",
                    "Frames to the host, or from it, that got lost lately, of a million."));
        }
    }

    HostRoster(final RoutingContext context, final FrameIdentity identity) {
        this.port = context.port();
        this.placement = context.placement();
        this.expected = placement;
        this.helloIntervalNs = context.helloIntervalNs();
        this.links = new HostLink[placement.hosts()];
        Arrays.setAll(links, host -> new HostLink(host, context, changes));
        this.census = new ReplicaCensus(links, context.counters());
        this.gauges = new HostMeasures<>(context.hostAddresses(),
            address -> Gauges.register(context.counters().labelled("host", address)));
        this.identity = identity;
        this.hiddenSize = context.model().hiddenSize();
    }

    /** Another host has a number from now on, or none has. Between steps. */
    void assign(final int host, final String address) {
        if (!links[host].isVacant()) {
            gauges.of(host).up().set(0);
            gauges.of(host).inFlight().set(0);
            gauges.of(host).loss().set(0);
        }
        port.assign(host, address);
        links[host].assign(address);
        gauges.assign(host, address);
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
            if (link.isHelloDue(nowNs) && port.offer(host, hello, 0, hello(link)) > 0) {
                link.onHelloSent(nowNs, helloIntervalNs, expected != placement);
                work++;
            }
            final Gauges its = gauges.of(host);
            its.up().set(link.isReady() ? 1 : 0);
            its.breaker().set(link.standing().breaker().state().ordinal());
            its.inFlight().set(link.standing().outstandingEntries());
            its.loss().set(link.standing().loss().perMillion());
        }
        return work;
    }

    private int hello(final HostLink link) {
        return writer.hello(hello, 0, identity.numericsId(link.numericsId()), hiddenSize);
    }

    /** The hosts that take rows and compute other bits than this decoder. */
    List<HostLink> othersOfNumerics() {
        return Arrays.stream(links).filter(link -> link.isReady() && link.isOfOtherNumerics()).toList();
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
