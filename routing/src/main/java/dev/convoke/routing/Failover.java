package dev.convoke.routing;

import java.util.concurrent.TimeUnit;

/**
 * Watches over exchanges in flight: what a host does not answer in time, will not do or can no longer do is given to
 * other hosts that hold the experts, and asked for again where there is none. An exchange ends without its rows only
 * when its deadline is over, or at once when every host that could have helped is of another model or version. On the
 * step path.
 */
final class Failover {
    private static final double MOST_HEDGES = 8;
    /** Two scheduling delays of a busy machine: less is not worth a copy. */
    private static final double LEAST_HEDGE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    /** Why entries changed hosts. */
    enum Reason {
        /** The host did not answer in time. */
        SILENT,
        /** The host cannot be reached, or takes nothing more. */
        GONE,
        /** The host said that it will not. */
        REFUSED,
        /** There was nobody, and now there is. */
        RETURNED
    }

    private final long deadlineNs;
    private final double hedgeShare;
    private final HostRoster roster;
    private final EntryAssignment assignment;
    private final DispatchWriter writer;
    private final RoutingCounters counters;
    private final AttentionClock clock;
    private double hedges;

    Failover(final RoutingContext context, final HostRoster roster, final DispatchWriter writer,
        final EntryAssignment assignment, final RoutingCounters counters, final AttentionClock clock) {
        this.deadlineNs = context.exchangeDeadlineNs();
        this.hedgeShare = context.hedgeShare();
        this.roster = roster;
        this.assignment = assignment;
        this.writer = writer;
        this.counters = counters;
        this.clock = clock;
    }

    /** Does what is due for one exchange; returns how often entries were given to other hosts or asked for again. */
    int check(final ExchangeHandle handle) {
        boolean changed = handle.sawChange(roster.changes());
        int work = 0;
        for (int host = 0; host < roster.links().length; host++) {
            changed |= handle.share(host).forgive(roster.link(host).incarnation(), clock.attendedNs());
        }
        for (int host = 0; host < roster.links().length; host++) {
            final HostShare share = handle.share(host);
            if (share.missing() > 0) {
                work += check(handle, share, roster.link(host), changed);
            }
        }
        if (changed && handle.nobody().missing() > 0) {
            work += move(handle, handle.nobody(), HostLink.Trust.LITTLE, Reason.RETURNED);
        }
        if (handle.isInFlight()) {
            endIfHopeless(handle);
        }
        return work;
    }

    private int check(final ExchangeHandle handle, final HostShare share, final HostLink link, final boolean changed) {
        if (share.isRefused() || link.state() == HostLink.State.REFUSED) {
            return move(handle, share, HostLink.Trust.LITTLE, Reason.REFUSED);
        }
        final long quietNs = clock.attendedNs();
        if (share.isOverdue(quietNs, link.standing().silenceNs(share.expectedNs()))) {
            return onOverdue(handle, share, link);
        }
        if (changed && link.trust() == HostLink.Trust.LITTLE) {
            return move(handle, share, HostLink.Trust.SOME, Reason.SILENT);
        }
        if (changed && link.trust() == HostLink.Trust.NONE) {
            // A host that drains still answers what it took before.
            return link.state() == HostLink.State.DRAINING && share.isSent() ? 0
                : move(handle, share, HostLink.Trust.LITTLE, Reason.GONE);
        }
        return hedges >= 1 && share.isLate(quietNs, lateNs(share, link)) ? hedge(handle, share) : 0;
    }

    private static double lateNs(final HostShare share, final HostLink link) {
        return Math.max(LEAST_HEDGE_NS, link.standing().lateNs(share.expectedNs()));
    }

    /**
     * Asks others for what is late, without holding it against the host: whoever answers first will do, as long as it
     * has the same bits.
     */
    private int hedge(final ExchangeHandle handle, final HostShare share) {
        share.onHedged();
        final long sentNs = share.lastSentNs();
        if (give(handle, share, HostLink.Trust.MUCH, roster.link(share.host()).rank()) == 0) {
            return 0;
        }
        roster.link(share.host()).standing().onHedged(sentNs);
        hedges--;
        counters.hedges.increment();
        return 1;
    }

    /** Whether something is missing that nobody was asked for, or only hosts that do not answer. */
    boolean isStuck(final ExchangeHandle handle) {
        if (handle.nobody().missing() > 0) {
            return true;
        }
        for (int host = 0; host < roster.links().length; host++) {
            if (handle.share(host).missing() > 0 && !roster.link(host).isTrusted()) {
                return true;
            }
        }
        return false;
    }

    /** A host was sent something: earns a part of a hedge. */
    void onSent() {
        hedges = Math.min(MOST_HEDGES, hedges + hedgeShare);
    }

    private int onOverdue(final ExchangeHandle handle, final HostShare share, final HostLink link) {
        final int work = move(handle, share, link.isReady() ? link.trust() : HostLink.Trust.LITTLE, Reason.SILENT);
        if (share.missing() == 0 || share.waitLonger()) {
            return work;
        }
        resend(handle, share);
        return work + 1;
    }

    /** Asks the same host again for all that is missing. */
    void resend(final ExchangeHandle handle, final HostShare share) {
        handle.forgetSent(share);
        share.startAttempt(clock.attendedNs());
        share.begin(writer.frames(handle, share));
        roster.link(share.host()).standing().onAskingAgain(handle.exchangeId());
        counters.resends.increment();
    }

    private int move(final ExchangeHandle handle, final HostShare from, final HostLink.Trust least,
        final Reason reason) {
        final int moved = give(handle, from, least, EntryAssignment.ANY_RANK);
        counters.failovers[reason.ordinal()].add(moved > 0 ? 1 : 0);
        return moved > 0 ? 1 : 0;
    }

    /** From a host that is not ready everything goes, if need be to nobody; returns how much went to other hosts. */
    private int give(final ExchangeHandle handle, final HostShare from, final HostLink.Trust least, final int rank) {
        final boolean orNobody = from == handle.nobody() || from.isRefused() || !roster.link(from.host()).isReady();
        final int division = handle.division();
        final int moved = assignment.move(handle, from, least, rank, orNobody);
        if (division == handle.division()) {
            return 0;
        }
        for (int host = 0; host < roster.links().length; host++) {
            final HostShare share = handle.share(host);
            if (share.takeGiven()) {
                share.generation(roster.link(host).generation());
                if (share.wasAsked()) {
                    share.startAttempt(clock.attendedNs());
                    roster.link(host).standing().onAskingAgain(handle.exchangeId());
                } else {
                    share.onHeard(clock.attendedNs());
                }
            }
            share.begin(writer.frames(handle, share));
        }
        return moved;
    }

    private void endIfHopeless(final ExchangeHandle handle) {
        if (clock.attendedNs() - handle.quietStartNs() >= deadlineNs) {
            end(handle, ExchangeOutcome.TIMED_OUT, null);
        } else if (handle.nobody().missing() > 0) {
            final HostLink refusing = assignment.hopeless(handle);
            if (refusing != null) {
                end(handle, ExchangeOutcome.REFUSED, refusing);
            }
        }
    }

    private void end(final ExchangeHandle handle, final ExchangeOutcome outcome, final HostLink refusing) {
        final long afterNs = clock.nowNs() - handle.startNs();
        for (int host = 0; host < roster.links().length && refusing == null; host++) {
            if (handle.share(host).missing() > 0) {
                handle.fail(outcome, handle.share(host), roster.link(host), afterNs);
                return;
            }
        }
        handle.fail(outcome, handle.nobody(), refusing != null ? refusing : assignment.awaited(handle), afterNs);
    }
}
