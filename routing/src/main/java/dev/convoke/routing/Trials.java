package dev.convoke.routing;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FramePort;

/**
 * Sends hosts copies of work that others do: to those that failed, until they have shown that they answer again, and
 * now and then to those that get none because they were slow. Nobody waits for the answers, though one that comes first
 * is taken where it has the same bits. On the step path.
 */
final class Trials {
    private final FramePort port;
    private final HostRoster roster;
    private final DispatchWriter writer;
    private final FrameContent content;
    private final RoutingCounters counters;
    private final AttentionClock clock;

    Trials(final RoutingContext context, final HostRoster roster, final DispatchWriter writer,
        final RoutingCounters counters, final AttentionClock clock) {
        this.port = context.port();
        this.roster = roster;
        this.writer = writer;
        this.content = writer::writeTo;
        this.counters = counters;
        this.clock = clock;
    }

    /** Copies what suits of an exchange whose entries all have hosts and are not sent yet. */
    void offer(final ExchangeHandle handle) {
        for (int host = 0; host < roster.links().length; host++) {
            final HostLink link = roster.link(host);
            final HostShare share = handle.share(host);
            if (link.isReady() && share.missing() == 0 && link.standing().isTrialDue(clock.attendedNs())) {
                final int expert = smallest(handle, link);
                if (expert >= 0) {
                    copy(handle, share, link, expert);
                }
            }
        }
    }

    /** The expert with the fewest rows of those the host is placed for and holds, or -1. */
    private int smallest(final ExchangeHandle handle, final HostLink link) {
        final RoutingPlan plan = handle.plan();
        int smallest = -1;
        for (int expert = 0; expert < plan.experts(); expert++) {
            if (plan.count(expert) > 0 && link.holds(handle.layer(), expert)
                && roster.placement().holds(link.host(), handle.layer(), expert)
                && (smallest < 0 || plan.count(expert) < plan.count(smallest))) {
                smallest = expert;
            }
        }
        return smallest;
    }

    /** Whether whoever is to compute the frame chosen last computes the same bits; all of it is of one rank. */
    private boolean isOfSameBits(final ExchangeHandle handle, final HostLink link) {
        final int host = handle.host(writer.entry(0));
        return host == handle.nobody().host() || roster.link(host).rank() == link.rank();
    }

    private void copy(final ExchangeHandle handle, final HostShare share, final HostLink link, final int expert) {
        final int length = writer.chooseExpert(handle, share, expert);
        if (port.offer(link.host(), length, content) <= 0) {
            return;
        }
        if (isOfSameBits(handle, link)) {
            for (int i = 0; i < writer.assignments(); i++) {
                share.onAsked(writer.entry(i));
            }
        } else {
            share.onRehearsal(expert);
        }
        final HostPace pace = link.standing().pace();
        share.expect(pace.expertNs(writer.assignments()), pace.memoryNs(writer.assignments()));
        share.onTrial(clock.nowNs());
        link.standing().onSent(handle.exchangeId(), writer.assignments(), 1, share, clock.attendedNs());
        counters.trials.increment();
        counters.framesSent.increment();
        counters.rowsSent.add(writer.rowCount());
        counters.ofHost(link.host()).dispatchRows().add(writer.rowCount());
        counters.ofHost(link.host()).dispatchBytes().add(length);
    }
}
